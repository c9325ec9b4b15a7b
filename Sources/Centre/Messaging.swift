import Crypt
import Foundation
import Notify
import Synchronization

/// Which gateway brings texts and calls: the configured one, else the sample town's own, else none.
final class Messaging: Sendable {
    /// What both sides show; `nil` where there is no gateway.
    let token: String?
    /// Whether messages go to the visible sample gateway and to no phone.
    let isSample: Bool
    private let url: String?
    private let publicAddress: String?
    private let scheme: String
    private let port = Mutex<Int?>(nil)

    /// The configured gateway, or the sample's by its token in the data folder.
    init(_ configuration: CentreConfiguration) {
        publicAddress = configuration.publicURL
        scheme = configuration.tls == nil ? "http" : "https"
        url = configuration.messageGateway?.url
        token =
            configuration.messageGateway?.token
            ?? (try? String(contentsOf: Self.file(in: configuration.folder), encoding: .utf8))
        isSample = url == nil && token != nil
    }

    /// Gives the sample town its gateway, with a token of its own.
    static func useSample(in folder: URL) throws {
        let data = Data(try Secret.token().utf8)
        guard
            FileManager.default.createFile(
                atPath: file(in: folder).path, contents: data, attributes: [.posixPermissions: 0o600])
        else { throw CentreError(description: "\(file(in: folder).path) could not be written") }
    }

    /// The centre has learnt its own port.
    func listens(on port: Int) { self.port.withLock { $0 = port } }

    /// Where this centre itself is reached on its own machine, once that is known.
    var ownAddress: String? { port.withLock { $0 }.map { "http://127.0.0.1:\($0)" } }

    /// Where others reach this centre, once that is known.
    var placeForOthers: String? { port.withLock { $0 }.map { publicAddress ?? "\(scheme)://127.0.0.1:\($0)" } }

    /// Where messages go, or `nil` while that is not known.
    var carrier: HTTPCarrierConfiguration? {
        guard let token, let port = port.withLock({ $0 }), let own = placeForOthers else { return nil }
        return HTTPCarrierConfiguration(
            url: url ?? "\(scheme)://127.0.0.1:\(port)/sample-gateway/messages", token: token,
            receipts: own + "/api/v1/messages")
    }

    private static func file(in folder: URL) -> URL { folder.appendingPathComponent("sample-gateway.token") }
}
