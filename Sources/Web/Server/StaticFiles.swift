import Foundation
import Kernel

/// Scripts, styles and pictures, read once at start and served from memory.
public struct StaticFiles: Sendable {
    struct File: Sendable {
        var bytes: [UInt8]
        var type: String
        var tag: String
    }

    private var files: [String: File] = [:]

    /// `Resources/static/*` of each bundle under `/static/`, and the files of `vendor` under `/vendor/`.
    public init(bundles: [Bundle], vendor: URL?) throws {
        for bundle in bundles {
            try add(bundle.bundleURL.appendingPathComponent("Resources/static"), under: "/static/")
        }
        if let vendor { try add(vendor, under: "/vendor/") }
    }

    /// The files' addresses.
    public var paths: [String] { files.keys.sorted() }

    func file(_ path: String) -> File? { files[path] }

    private mutating func add(_ folder: URL, under prefix: String) throws {
        let manager = FileManager.default
        guard manager.fileExists(atPath: folder.path) else { return }
        for file in try manager.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.isRegularFileKey]) {
            guard let type = Self.types[file.pathExtension],
                try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true
            else { continue }
            let bytes = Array(try Data(contentsOf: file))
            files[prefix + file.lastPathComponent] = File(
                bytes: bytes, type: type, tag: "\"\(String(fnv1a(bytes), radix: 36))\"")
        }
    }

    private static let types = [
        "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg",
        "woff2": "font/woff2", "webmanifest": "application/manifest+json", "json": "application/json",
        "geojson": "application/geo+json", "wav": "audio/wav", "mp3": "audio/mpeg", "pbf": "application/x-protobuf",
    ]

    /// The file, or 304 when the client already has it, or `nil` when there is none.
    public func answer(_ incoming: Incoming) -> Answer? {
        guard let file = files[unescaped(incoming.path)] else { return nil }
        var headers = [("Content-Type", file.type), ("ETag", file.tag), ("Cache-Control", "no-cache")]
        // The service worker lies beside the other scripts and serves the phone page alone.
        if incoming.path == "/static/sw.js" { headers.append(("Service-Worker-Allowed", "/field")) }
        if incoming.header("If-None-Match") == file.tag {
            return Answer(status: 304, headers: headers, body: .bytes([]))
        }
        return Answer(status: 200, headers: headers, body: .bytes(file.bytes))
    }
}
