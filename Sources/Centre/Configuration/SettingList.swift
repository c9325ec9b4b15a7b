import FireGuard
import Foundation
import GB28181
import Geo
import TownMap
import Watch

/// Every key there is. A new one is a new entry here, a member of ``CentreConfiguration``, and a line of
/// `docs/configuration.md`, which a test compares with this list.
enum SettingList {
    static let all: [Setting] = [
        .path("data", "The data folder") {
            $0.folder = $1
        } get: {
            $0.folder
        },
        .text(
            "database", "A PostgreSQL database in place of SQLite in the data folder",
            takes: "postgres://USER:PASSWORD@HOST:PORT/NAME", isSecret: true,
            accepts: { $0.hasPrefix("postgres://") || $0.hasPrefix("postgresql://") }
        ) {
            $0.database = $1
        } get: {
            $0.database
        },
        .text(
            "listen", "Address of console and API", takes: "HOST:PORT, such as 127.0.0.1:8080",
            accepts: { hostAndPort($0) != nil }
        ) { configuration, text in
            if let (host, port) = hostAndPort(text) { (configuration.host, configuration.port) = (host, port) }
        } get: {
            "\($0.host):\($0.port)"
        },
        .text(
            "public-url", "The address under which others reach the centre, where that is not its own",
            takes: "http://… or https://… without a slash at the end",
            accepts: { isWebAddress($0) && !$0.hasSuffix("/") }
        ) {
            $0.publicURL = $1
        } get: {
            $0.publicURL
        },
        .path("tls.certificate", "Certificate chain (PEM); console and API then speak HTTPS") {
            $0.tls = TLSFiles(certificate: $1, key: $0.tls?.key ?? unset)
        } get: {
            $0.tls?.certificate
        },
        .path("tls.key", "The certificate's private key (PEM)") {
            $0.tls = TLSFiles(certificate: $0.tls?.certificate ?? unset, key: $1)
        } get: {
            $0.tls?.key
        },
        .number("gb26875-port", "TCP port for GB/T 26875.3 devices", 0...65_535) {
            $0.gb26875Port = Int($1)
        } get: {
            Int64($0.gb26875Port)
        },
        .text(
            "gateway-trial", "When each day a fire of the centre's own goes through every way in",
            takes: "HH:MM in China, or off", accepts: { $0 == "off" || minute($0) != nil }
        ) {
            $0.trialMinute = minute($1)
        } get: {
            $0.trialMinute.map(clock) ?? "off"
        },
        .text(
            "gb28181.host", "Address for GB/T 28181 devices", takes: "a host",
            accepts: { !$0.isEmpty && !$0.contains(" ") }
        ) {
            $0.gb28181Host = $1
        } get: {
            $0.gb28181Host
        },
        .number("gb28181.port", "UDP and TCP port for GB/T 28181 devices; 0 lets the system choose", 0...65_535) {
            $0.gb28181Port = Int($1)
        } get: {
            Int64($0.gb28181Port)
        },
        .text(
            "gb28181.platform", "The centre's own digits under GB/T 28181; a change asks for all passwords anew",
            takes: "20 digits", accepts: { GBID($0)?.isFull == true }
        ) { configuration, text in
            if let platform = GBID(text) { configuration.gb28181Platform = platform }
        } get: {
            $0.gb28181Platform.description
        },
        .flag("media.run", "Whether the media process runs: pictures and voice") {
            $0.runsMedia = $1
        } get: {
            $0.runsMedia
        },
        .text(
            "media.host", "Address of the devices' media port, one that they reach", takes: "a host",
            accepts: { !$0.isEmpty && !$0.contains(" ") }
        ) {
            $0.media.mediaHost = $1
        } get: {
            $0.media.mediaHost
        },
        .number("media.port", "Port of RTP over UDP and TCP; 0 lets the system choose", 0...65_535) {
            $0.media.mediaPort = Int($1)
        } get: {
            Int64($0.media.mediaPort)
        },
        .number(
            "media.view-port", "Port on which browsers watch, on the console's host; 0 lets the system choose",
            0...65_535
        ) {
            $0.media.viewPort = Int($1)
        } get: {
            Int64($0.media.viewPort)
        },
        .number(
            "media.transcodes",
            "Streams of H.265 made into H.264 at once, for browsers that cannot H.265: a third of a processor each",
            0...64
        ) {
            $0.media.mostTranscodes = Int($1)
        } get: {
            Int64($0.media.mostTranscodes)
        },
        .text(
            "mqtt.url", "The broker whose detectors are heard", takes: "mqtt://HOST:PORT, mqtts://HOST:PORT or off",
            accepts: { $0 == "off" || brokerPlace($0) != nil }
        ) {
            $0.broker.url = $1 == "off" ? nil : $1
        } get: {
            $0.broker.url ?? "off"
        },
        .text("mqtt.user", "The broker's log-in", takes: "a name") {
            $0.broker.user = $1
        } get: {
            $0.broker.user
        },
        .text("mqtt.password", "Its password", takes: "a password", isSecret: true) {
            $0.broker.password = $1
        } get: {
            $0.broker.password
        },
        .path("mqtt.authority", "Certificate authority of an mqtts broker (PEM); the system's when left out") {
            $0.broker.authority = $1
        } get: {
            $0.broker.authority
        },
        .text(
            "mqtt.client-id", "The name under which the broker keeps the session; one centre at a time may use it",
            takes: "1…23 letters, digits and -",
            accepts: {
                (1...23).contains($0.utf8.count)
                    && $0.utf8.allSatisfy { byte in
                        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
                    }
            }
        ) {
            $0.broker.clientID = $1
        } get: {
            $0.broker.clientID
        },
        .text(
            "mqtt.topics", "Which topics speak for which gateway: a list, or one line with commas",
            takes:
                "PREFIX SHAPE GATEWAY, the shape one of \(TopicRule.Shape.allCases.map(\.rawValue).joined(separator: ", "))",
            accepts: { topicRules($0) != nil }
        ) {
            $0.broker.topics = topicRules($1) ?? []
        } get: {
            $0.broker.topics.map { "\($0.prefix) \($0.shape.rawValue) \($0.gateway)" }.joined(separator: ", ")
        },
        .text(
            "message-gateway.url", "The HTTP gateway for texts and calls (docs/messages.md)",
            takes: "http://… or https://…", accepts: isWebAddress
        ) {
            $0.messageGateway = MessageGateway(url: $1, token: $0.messageGateway?.token ?? "")
        } get: {
            $0.messageGateway?.url
        },
        .text(
            "message-gateway.token", "What the centre shows the gateway, and the gateway the centre",
            takes: "16 or more characters", isSecret: true, accepts: { $0.utf8.count >= 16 }
        ) {
            $0.messageGateway = MessageGateway(url: $0.messageGateway?.url ?? "", token: $1)
        } get: {
            $0.messageGateway?.token
        },
        .text(
            "cap.sender", "The name under which the centre sends alerts (CAP 1.2), unique in the world",
            takes: "a name without blanks, commas, < and &",
            accepts: { !$0.isEmpty && !$0.contains { $0.isWhitespace || ",<&".contains($0) } }
        ) {
            $0.cap.sender = $1
        } get: {
            $0.cap.sender
        },
        .text(
            "cap.code", "The centre's code in alerts' identifiers (GB/T 35965.1): region 6, agency 3, unit 3, 2 more",
            takes: "14 digits", accepts: { $0.utf8.count == 14 && $0.utf8.allSatisfy { (48...57).contains($0) } }
        ) {
            $0.cap.code = $1
        } get: {
            $0.cap.code
        },
        .flag("cap.public", "Whether the town has the authority to warn the public itself") {
            $0.cap.mayWarnPublic = $1
        } get: {
            $0.cap.mayWarnPublic
        },
        .text(
            "cap.token", "What other centres show to be heard at /cap/alerts; nobody is heard without one",
            takes: "16 or more characters", isSecret: true, accepts: { $0.utf8.count >= 16 }
        ) {
            $0.cap.token = $1
        } get: {
            $0.cap.token
        },
        .text(
            "wechat.token", "What the WeChat official account signs with", takes: "3…32 characters", isSecret: true,
            accepts: { (3...32).contains($0.utf8.count) }
        ) {
            $0.weChat.token = $1
        } get: {
            $0.weChat.token
        },
        .text(
            "wechat.appid", "The official account's AppID", takes: "a name",
            accepts: { (1...64).contains($0.utf8.count) }
        ) {
            $0.weChat.appID = $1
        } get: {
            $0.weChat.appID
        },
        .text(
            "wechat.key", "Its EncodingAESKey; messages in the clear when left out", takes: "43 characters",
            isSecret: true,
            accepts: { $0.utf8.count == 43 }
        ) {
            $0.weChat.key = $1
        } get: {
            $0.weChat.key
        },
        .text(
            "wechat.secret",
            "Its AppSecret, to fetch the pictures that followers send, to answer them and to set the menu",
            takes: "a secret", isSecret: true
        ) {
            $0.weChat.secret = $1
        } get: {
            $0.weChat.secret
        },
        .text("wechat.api", "Where Tencent's API is", takes: "http://… or https://…", accepts: isWebAddress) {
            $0.weChat.api = $1
        } get: {
            $0.weChat.api
        },
        .number("retention.report-days", "Days after the outcome for which a citizen's report is kept", 1...3_650) {
            $0.reportDays = $1
        } get: {
            $0.reportDays
        },
        .path("carriers", "The file of carriers for texts and calls, tried in its order (docs/messages.md)") {
            $0.carriers = $1
        } get: {
            $0.carriers
        },
        .path("vendor", "The folder of browser scripts that `scripts/vendor.sh` filled") {
            $0.vendor = $1
        } get: {
            $0.vendor
        },
        .text(
            "backdrop.map", "Somebody else's map under the town's own (docs/townmap.md)",
            takes: "off, \(BackdropSource.known.joined(separator: ", ")), or an address with {z}, {x}, {y}",
            accepts: { $0 == "off" || BackdropSource.accepts($0) }
        ) {
            $0.backdrop.map = $1 == "off" ? nil : $1
        } get: {
            $0.backdrop.map ?? "off"
        },
        .text("backdrop.key", "What takes the place of {key}; it stays in the centre", takes: "a key", isSecret: true) {
            $0.backdrop.key = $1
        } get: {
            $0.backdrop.key
        },
        .text(
            "backdrop.datum", "The datum of an address's tiles", takes: "wgs84 or gcj02",
            accepts: { ["wgs84", "gcj02"].contains($0) }
        ) {
            $0.backdrop.datum = Datum(rawValue: $1) ?? .wgs84
        } get: {
            $0.backdrop.datum.rawValue
        },
        .number("retention.event-days", "Days for which the event log of live screens is kept; 0 for good", 0...36_500)
        {
            $0.retention.eventDays = $1
        } get: {
            $0.retention.eventDays
        },
        .number("retention.signal-days", "Days for which devices' own bytes are kept; alarms stay", 0...36_500) {
            $0.retention.signalDays = $1
        } get: {
            $0.retention.signalDays
        },
        .number("retention.track-days", "Days for which the tracks of people on patrol are kept", 1...365) {
            $0.retention.trackDays = $1
        } get: {
            $0.retention.trackDays
        },
        .number("retention.idempotency-days", "Days for which answers to repeated requests are kept", 0...365) {
            $0.retention.idempotencyDays = $1
        } get: {
            $0.retention.idempotencyDays
        },
        Setting(key: "node", about: "This process's number among several on one database", takes: "auto or 0…255") {
            configuration, text, _ in
            guard text != "auto" else { return configuration.node = nil }
            guard let number = UInt8(text) else { throw UnfitValue() }
            configuration.node = number
        } text: {
            $0.node.map(String.init) ?? "auto"
        },
        .path("audit-key", "The audit log's key, the same for all nodes of one database", takes: "a file of 32 bytes") {
            $0.auditKey = $1
        } get: {
            $0.auditKey
        },
    ]

    /// A file that was not named while its sister was; ``ConfigurationReader`` refuses it.
    static let unset = URL(fileURLWithPath: "/")

    static func find(_ key: String) -> Setting? { all.first { $0.key == key } }

    /// Host, port and whether it is TLS.
    static func brokerPlace(_ url: String) -> (host: String, port: Int, isSecure: Bool)? {
        for (scheme, usual, isSecure) in [("mqtt://", 1_883, false), ("mqtts://", 8_883, true)] {
            guard url.hasPrefix(scheme) else { continue }
            let rest = String(url.dropFirst(scheme.count))
            guard !rest.isEmpty, !rest.contains(where: { "/@ ".contains($0) }) else { return nil }
            if let (host, port) = hostAndPort(rest, lowestPort: 1) { return (host, port, isSecure) }
            return rest.contains(":") ? nil : (rest, usual, isSecure)
        }
        return nil
    }

    /// `PREFIX SHAPE GATEWAY`, several with commas; `nil` when one of them is not that.
    static func topicRules(_ text: String) -> [TopicRule]? {
        var rules: [TopicRule] = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: " ").map(String.init)
            guard parts.count == 3, let shape = TopicRule.Shape(rawValue: parts[1]),
                !parts[0].contains(where: { "#+".contains($0) }), !parts[0].hasSuffix("/"), parts[0].utf8.count <= 200,
                parts[2].utf8.count <= 64
            else { return nil }
            rules.append(TopicRule(prefix: parts[0], shape: shape, gateway: parts[2].lowercased()))
        }
        return rules
    }

    /// Minutes after midnight of `HH:MM`.
    static func minute(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0..<24).contains(hour),
            (0..<60).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }

    private static func clock(_ minute: Int) -> String {
        let (hour, rest) = minute.quotientAndRemainder(dividingBy: 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
    }

    @Sendable private static func isWebAddress(_ text: String) -> Bool {
        guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme) else {
            return false
        }
        return url.host?.isEmpty == false
    }
}
