import FireGuard
import Foundation
import GB28181
import Geo
import TownMap
import Watch

/// Where and how a centre runs. Every member has a default; `docs/configuration.md` lists them.
public struct CentreConfiguration: Sendable {
    /// The data folder.
    public var folder: URL
    /// The address of a PostgreSQL database; `nil` is SQLite in the data folder.
    public var database: String?
    /// The address of console and API.
    public var host = "127.0.0.1"
    /// The port of console and API; 0 lets the system choose.
    public var port = 8_080
    /// The address under which others reach the centre, without a slash at its end; `nil` is its own.
    public var publicURL: String?
    /// Certificate and key of console and API; `nil` speaks HTTP.
    public var tls: TLSFiles?
    /// The TCP port for GB/T 26875.3 devices.
    public var gb26875Port = 5_201
    /// When each day a fire of the centre's own goes through every way in, in minutes after midnight in China; `nil` is
    /// only when somebody asks.
    public var trialMinute: Int? = 600
    /// The address for GB/T 28181 devices.
    public var gb28181Host = "0.0.0.0"
    /// The UDP and TCP port for GB/T 28181 devices; 0 lets the system choose.
    public var gb28181Port = 5_060
    /// The centre's own 20 digits under GB/T 28181; by itself those of a region that does not exist.
    public var gb28181Platform = GBID.invented
    /// Whether the media process runs beside the centre.
    public var runsMedia = true
    /// How the media process is started; without a program there are no pictures.
    public var media = MediaProcess.Configuration()
    /// The broker to listen to.
    public var broker = BrokerSettings()
    /// How the centre speaks and hears in the Common Alerting Protocol.
    public var cap = AlertSettings()
    /// Where texts and calls go; `nil` leaves them to the sample town's own gateway, where there is one.
    public var messageGateway: MessageGateway?
    /// The WeChat official account; none without a token.
    public var weChat = WeChatSettings()
    /// Days after its outcome for which a report's content is kept.
    public var reportDays: Int64 = 90
    /// Somebody else's map under the town's own.
    public var backdrop = BackdropSettings()
    /// The file that names the carriers of texts and calls, in the order in which they are tried.
    public var carriers: URL?
    /// The folder of third-party scripts, filled at set-up.
    public var vendor: URL?
    /// For how long what is no record is kept.
    public var retention = RetentionSettings()
    /// This process's number among several on one database, 0…255; `nil` takes a free one.
    public var node: UInt8?
    /// The audit log's key, 32 bytes; `nil` is `audit.key` in the data folder.
    public var auditKey: URL?

    /// A centre over a data folder.
    public init(folder: URL) { self.folder = folder }

    /// Whether browsers reach the centre over TLS, by its own certificate or by a proxy's.
    var isSecure: Bool { tls != nil || publicURL?.hasPrefix("https://") == true }
}

/// A certificate chain and its private key, PEM.
public struct TLSFiles: Sendable, Equatable {
    /// The chain, the server's own certificate first.
    public var certificate: URL
    /// The private key.
    public var key: URL
}

/// How a centre speaks and hears in the Common Alerting Protocol.
public struct AlertSettings: Sendable {
    /// The centre's name in alerts, unique in the world.
    public var sender = "centre@zhili.invalid"
    /// 14 digits: region 6, agency 3, unit 3, 2 more.
    public var code = "00000000000000"
    /// Whether the town may warn the public itself.
    public var mayWarnPublic = false
    /// What other centres show; `nil` hears nobody.
    public var token: String?

    /// A centre that has no name yet, warns nobody and hears nobody.
    public init() {}
}

/// How the town's WeChat official account is known.
public struct WeChatSettings: Sendable, Equatable {
    /// What both sides sign with; `nil` has no account.
    public var token: String?
    /// The account's number.
    public var appID: String?
    /// The key of encrypted messages; `nil` takes them in the clear.
    public var key: String?
    /// What the centre proves itself with at Tencent's API; `nil` fetches no pictures.
    public var secret: String?
    /// Where that API is.
    public var api = "https://api.weixin.qq.com"
}

/// Whose map lies under the town's own.
public struct BackdropSettings: Sendable, Equatable {
    /// A known map or an address (``TownMap/BackdropSource``); `nil` draws the town's own land alone.
    public var map: String?
    /// What its owner knows the centre by.
    public var key: String?
    /// The datum of an address's tiles.
    public var datum = Datum.wgs84

    /// The map, where it is whole.
    var source: BackdropSource? { map.flatMap { BackdropSource(map: $0, key: key, datum: datum) } }
}

/// An HTTP gateway for texts and calls.
public struct MessageGateway: Sendable, Equatable {
    /// Where messages are posted.
    public var url: String
    /// What both sides show.
    public var token: String
}

/// A broker of MQTT and what its topics mean.
public struct BrokerSettings: Sendable, Equatable {
    /// `mqtt://HOST:PORT` or `mqtts://HOST:PORT`; `nil` listens to none.
    public var url: String? = "mqtt://127.0.0.1:1883"
    /// The log-in, where the broker asks for one.
    public var user: String?
    /// Its password.
    public var password: String?
    /// A file with the broker's certificate authority; `nil` trusts the system's.
    public var authority: URL?
    /// The name under which the broker keeps the session.
    public var clientID = "zhili"
    /// Which topics speak for which gateway, in what shape.
    public var topics = [
        TopicRule(prefix: "zigbee2mqtt", shape: .zigbee2mqtt, gateway: "zigbee2mqtt"),
        TopicRule(prefix: "fire/v1", shape: .plain, gateway: "fire"),
    ]
}

/// Days for which things are kept that are no record of the town; 0 keeps them for good.
public struct RetentionSettings: Sendable, Equatable {
    /// The event log that live screens follow.
    public var eventDays: Int64 = 90
    /// The bytes of devices' signals; alarms stay.
    public var signalDays: Int64 = 365
    /// Days for which tracks of people on patrol are kept.
    public var trackDays: Int64 = 30
    /// Answers kept for repeated requests.
    public var idempotencyDays: Int64 = 7
}

/// Why a centre does not start.
public struct CentreError: Error, CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String
}
