import Foundation
import Yams

/// `zhili.yaml`: its scalars by their keys, each with the line it stands on.
struct ConfigurationFile {
    struct Entry: Equatable {
        var key: String
        var value: String
        /// From 1.
        var line: Int
    }

    /// In the order of the file.
    let entries: [Entry]

    private static let sizeLimit = 1 << 20

    /// Reads a file.
    /// - Throws: ``CentreError`` that names file and line.
    init(_ file: URL) throws(CentreError) {
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw CentreError(description: "\(file.relativePath) cannot be read")
        }
        guard data.count <= Self.sizeLimit, let text = String(data: data, encoding: .utf8) else {
            throw CentreError(description: "\(file.relativePath) is no text in UTF-8 of at most 1 MiB")
        }
        try self.init(text, name: file.relativePath)
    }

    /// Reads a text; `name` is what errors call it.
    init(_ text: String, name: String) throws(CentreError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw CentreError(description: "\(name): \(error)")
        } catch {
            throw CentreError(description: "\(name) is no YAML: \(error)")
        }
        var entries: [Entry] = []
        if let root, root.null == nil || root.mapping != nil {
            guard let mapping = root.mapping else {
                throw CentreError(description: "\(name):\(Self.line(root)): the file must be keys with their values")
            }
            try Self.read(mapping, under: "", name, into: &entries)
        }
        self.entries = entries
    }

    private static func line(_ node: Node) -> Int { node.mark?.line ?? 1 }

    private static func read(
        _ mapping: Node.Mapping, under prefix: String, _ name: String, into entries: inout [Entry]
    ) throws(CentreError) {
        for (keyNode, value) in mapping {
            guard let key = keyNode.scalar?.string else {
                throw CentreError(description: "\(name):\(line(keyNode)): a key must be a word")
            }
            let path = prefix + key
            switch value {
            case .mapping(let inner):
                guard path.count <= 100 else {
                    throw CentreError(description: "\(name):\(line(keyNode)): \(path.prefix(60))… is nested too deep")
                }
                try read(inner, under: path + ".", name, into: &entries)
            case .sequence(let items):
                let texts = items.compactMap(\.scalar?.string)
                guard texts.count == items.count, !texts.contains(where: { $0.contains(",") }) else {
                    throw CentreError(
                        description: "\(name):\(line(keyNode)): the items of \(path) must be lines without commas")
                }
                entries.append(Entry(key: path, value: texts.joined(separator: ", "), line: line(keyNode)))
            case .scalar(let scalar):
                // `key:` with nothing behind it leaves the default.
                guard value.null == nil else { continue }
                entries.append(Entry(key: path, value: scalar.string, line: line(keyNode)))
            case .alias:
                throw CentreError(description: "\(name):\(line(keyNode)): aliases are not understood here")
            }
        }
    }
}
