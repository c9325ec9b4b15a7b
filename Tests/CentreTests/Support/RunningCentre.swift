import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

/// The built program serving the sample town, asked over its sockets.
final class RunningCentre {
    static let password = "trial-password-1"

    let folder: URL
    let port: Int
    let address: String
    private(set) var program: Program?
    private let client: HTTPClient
    let environment: [String: String]

    /// Makes a data folder with `zhili.yaml`; with `sample` the invented town.
    /// - Parameters:
    ///   - yaml: settings beside listen and gb26875-port.
    ///   - trust: the certificate that the centre shows.
    init(_ yaml: String = "", sample: Bool = true, environment: [String: String] = [:], trust: URL? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("zhili-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = Program.freePort()
        self.environment = environment
        address = "\(trust == nil ? "http" : "https")://127.0.0.1:\(port)"
        try
            "listen: 127.0.0.1:\(port)\ngb26875-port: \(Program.freePort())\nmedia: {run: no}\ngb28181: {port: 0}\n\(yaml)"
            .write(
                to: folder.appendingPathComponent("zhili.yaml"), atomically: true, encoding: .utf8)
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(2), read: .seconds(60)))
        if let trust {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(trust.path)
            configuration.tlsConfiguration = tls
        }
        configuration.redirectConfiguration = .disallow
        client = HTTPClient(configuration: configuration)
        guard sample else { return }
        let setUp = try Program(
            ["setup", "--sample", "--data", folder.path],
            environment: environment.merging(["ZHILI_SETUP_PASSWORD": Self.password, "ZHILI_SAMPLE_RECORDS": "200"]) {
                $1
            })
        setUp.process.waitUntilExit()
        try #require(setUp.process.terminationStatus == 0)
    }

    /// Starts the program and waits until it is ready.
    func start() async throws {
        program = try Program(["serve", "--data", folder.path], environment: environment)
        for _ in 0..<1_500 {
            if let answer = try? await ask(.GET, "/readyz"), answer.status == 200 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the centre does not answer")
    }

    struct Answer {
        var status: Int
        var headers: HTTPHeaders
        var text: String
        var bytes: [UInt8]

        /// A member of the JSON object that was answered.
        subscript(_ name: String) -> Any? {
            (try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])?[name]
        }

        var items: [[String: Any]] { self["items"] as? [[String: Any]] ?? [] }
    }

    func ask(
        _ method: HTTPMethod, _ path: String, token: String? = nil, json: String? = nil, form: String? = nil,
        key: String? = nil, bytes: [UInt8]? = nil, headers: [(name: String, value: String)] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        request.headers.add(name: "Accept", value: form == nil ? "application/json" : "text/html")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let key { request.headers.add(name: "Idempotency-Key", value: key) }
        if let body = json ?? form {
            request.headers.add(
                name: "Content-Type", value: form == nil ? "application/json" : "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: body))
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let bytes { request.body = .bytes(ByteBuffer(bytes: bytes)) }
        let response = try await client.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 4 << 20)
        return Answer(
            status: Int(response.status.code), headers: response.headers, text: String(buffer: body),
            bytes: Array(body.readableBytesView))
    }

    /// Waits for a line of the live feed that contains `text`.
    func hears(_ text: String, token: String) async throws -> Bool {
        var request = HTTPClientRequest(url: address + "/api/v1/events?after=0")
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        let response = try await client.execute(request, timeout: .seconds(30))
        var heard = ""
        for try await piece in response.body {
            heard += String(buffer: piece)
            if heard.contains(text) { return true }
        }
        return false
    }

    func logIn(_ person: String) async throws -> String {
        let answer = try await ask(
            .POST, "/api/v1/sessions", json: #"{"username":"\#(person)","password":"\#(Self.password)"}"#)
        return try #require(answer["token"] as? String, "\(answer.status) \(answer.text)")
    }

    /// Asks until the answer is as wanted.
    func until(
        _ path: String, token: String? = nil, _ isWanted: (Answer) -> Bool
    ) async throws -> Answer? {
        for _ in 0..<1_500 {
            let answer = try await ask(.GET, path, token: token)
            if isWanted(answer) { return answer }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    /// Registers a site with one detector behind a gateway of that kind.
    /// - Returns: the site's identifier.
    func register(kind: String, gateway: String, detector: String, pushToken: String? = nil, token: String) async throws
        -> String
    {
        let site = try await ask(
            .POST, "/api/v1/sites", token: token,
            json: #"{"name":"测试玩具厂（示例）","address":"测试路 1 号","ownerName":"测试","ownerPhone":"19900000001"}"#)
        let siteID = try #require(site["id"] as? String, "\(site.text)")
        let secret = pushToken.map { #","token":"\#($0)""# } ?? ""
        let made = try await ask(
            .POST, "/api/v1/gateways", token: token,
            json: #"{"kind":"\#(kind)","address":"\#(gateway)","name":"网关","siteId":"\#(siteID)"\#(secret)}"#)
        let gatewayID = try #require(made["id"] as? String, "\(made.text)")
        let hung = try await ask(
            .POST, "/api/v1/detectors", token: token,
            json:
                #"{"siteId":"\#(siteID)","gatewayId":"\#(gatewayID)","address":"\#(detector)","kind":"smoke","place":"厨房"}"#
        )
        try #require(hung.status == 201, "\(hung.text)")
        return siteID
    }

    /// As a power cut ends it.
    func kill() {
        program?.kill()
        program = nil
    }

    /// A test that fails leaves it open; a client that nobody ended would end the whole run.
    deinit {
        program?.kill()
        try? client.syncShutdown()
    }

    func close() async throws {
        kill()
        try await client.shutdown()
        try? FileManager.default.removeItem(at: folder)
    }
}
