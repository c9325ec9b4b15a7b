import AsyncHTTPClient
import Crypt
import Foundation
import Kernel
import NIOCore
import NIOHTTP1
import Storage
import Synchronization
import Web
import WebPush

/// Notices to browsers through their makers' push services: RFC 8030, sealed by RFC 8291, signed by RFC 8292.
///
/// Whether the device shows it is not reported: a service's word is no more than that it has taken the notice.
public final class PushCarrier: Carrier {
    /// The services of the browsers that are about.
    public static let services = [
        "https://fcm.googleapis.com", "https://updates.push.services.mozilla.com", "https://web.push.apple.com",
        "https://*.notify.windows.com",
    ]

    /// Seconds for which a service keeps a notice for a device that is away: after that nobody is to be woken by it.
    private static let keepSeconds = 3_600
    /// Seconds for which a token holds.
    private static let tokenSeconds: Int64 = 12 * 3_600

    private let client: HTTPClient
    private let database: any Database
    private let subject: String
    private let services: [String]
    private let known = Mutex<CurveKey?>(nil)

    /// A carrier.
    /// - Parameters:
    ///   - client: one that follows no redirect.
    ///   - subject: where the services' people reach the centre's, `mailto:…` or `https://…`.
    ///   - services: origins that browsers may name; nothing is sent anywhere else.
    public init(client: HTTPClient, database: any Database, subject: String, services: [String] = services) {
        self.client = client
        self.database = database
        self.subject = subject
        self.services = services
    }

    /// The origin of an address that a browser named, where it is one of the services'.
    func origin(of endpoint: String) -> String? {
        guard endpoint.utf8.count <= 1_000, endpoint.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let parts = URLComponents(string: endpoint), let scheme = parts.scheme, let host = parts.host,
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return nil }
        let origin = "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
        let isService = services.contains { service in
            guard let star = service.range(of: "*.") else { return service == origin }
            let (head, tail) = (service[..<star.lowerBound], service[star.upperBound...])
            return origin.hasPrefix(head) && origin.hasSuffix(".\(tail)")
        }
        return isService ? origin : nil
    }

    /// The key by which services know the centre.
    func key() async throws -> CurveKey {
        if let key = known.withLock({ $0 }) { return key }
        let key = try await database.write { db in try PushStore.key(in: db) }
        known.withLock { $0 = key }
        return key
    }

    /// Sends a notice to each browser of a person; taken where one service takes it.
    public func send(_ message: Message) async -> Delivery {
        guard let staff = StaffID(message.to.phone) else { return .refused("address") }
        do {
            let key = try await key()
            let devices = try await database.read { db in try PushStore.devices(of: staff, in: db) }
            var outcomes: [Delivery] = []
            for device in devices {
                guard let outcome = try await send(message, to: device, key) else { continue }
                outcomes.append(outcome)
            }
            func first(_ matches: (Delivery) -> Bool) -> Delivery? { outcomes.first(where: matches) }
            let taken = first { if case .taken = $0 { true } else { false } }
            // Where one broke and may have been shown, the next try says so.
            let open = first { if case .again(_, mayHaveGoneOut: true) = $0 { true } else { false } }
            let again = first { if case .again = $0 { true } else { false } }
            return taken ?? open ?? again ?? outcomes.first ?? .refused("no-device")
        } catch {
            return .again("store", mayHaveGoneOut: false)
        }
    }

    /// One browser; `nil` where it is gone and was forgotten.
    private func send(_ message: Message, to device: PushDevice, _ key: CurveKey) async throws -> Delivery? {
        guard let origin = origin(of: device.endpoint),
            let keys = Base64URL.bytes(device.point).flatMap({ point in
                Base64URL.bytes(device.secret).flatMap { PushKeys(point: point, secret: $0) }
            })
        else {
            try await forget(device)
            return nil
        }
        var request = HTTPClientRequest(url: device.endpoint)
        request.method = .POST
        request.headers.add(name: "Content-Encoding", value: "aes128gcm")
        request.headers.add(name: "Content-Type", value: "application/octet-stream")
        request.headers.add(name: "TTL", value: String(Self.keepSeconds))
        request.headers.add(name: "Urgency", value: "high")
        // A repeat takes the place of what is still waiting at the service (RFC 8030, 5.4).
        request.headers.add(name: "Topic", value: message.id.description)
        request.headers.add(
            name: "Authorization",
            value: try Vapid.authorization(
                audience: origin, subject: subject, expires: Instant.now.ms / 1_000 + Self.tokenSeconds, key: key))
        request.body = .bytes(
            ByteBuffer(
                bytes: try PushMessage.seal(
                    Self.content(message), to: keys, key: try CurveKey(), salt: try Secret.bytes(16))))
        let isGone = Mutex(false)
        let outcome = await CarrierRequest.send(request, by: client) { status, _ in
            switch status {
            case 200..<300: return .taken(providerID: nil)
            case 404, 410:
                isGone.withLock { $0 = true }
                return .refused("gone")
            case 413: return .refused("HTTP 413")
            // A service that sends elsewhere, or does not know the centre, has taken nothing.
            default: return .again("HTTP \(status)", mayHaveGoneOut: false)
            }
        }
        guard isGone.withLock({ $0 }) else { return outcome }
        try await forget(device)
        return nil
    }

    private func forget(_ device: PushDevice) async throws {
        try await database.write { db in try PushStore.remove(device.id, in: db) }
    }

    /// What the service worker shows: the words, and where a tap leads.
    static func content(_ message: Message) throws -> [UInt8] {
        struct Notice: Encodable {
            var title: String
            var body: String
            var tag: String
            var url: String
        }
        let title = String(SMTPCarrier.subject(message.text).prefix(40))
        return try JSON.encode(
            Notice(title: title, body: String(message.text.prefix(400)), tag: message.id.description, url: "/"))
    }
}
