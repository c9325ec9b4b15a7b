import Crypt
import Kernel
import Synchronization

/// The one-way function of a digest (RFC 3261, 22.4; RFC 8760; GB/T 28181-2022 recommends SM3).
public enum DigestAlgorithm: String, Sendable, CaseIterable, Codable {
    case md5 = "MD5"
    case sha256 = "SHA-256"
    case sm3 = "SM3"

    /// Reads the token without case; none is MD5.
    public init?(token: String?) {
        guard let token, !token.isEmpty else {
            self = .md5
            return
        }
        guard let known = Self.allCases.first(where: { $0.rawValue == token.uppercased() }) else { return nil }
        self = known
    }

    /// Lower-case hexadecimal of the fingerprint of a text.
    public func hex(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return switch self {
        case .md5: Secret.hex(Digest.md5(bytes))
        case .sha256: Secret.hex(Digest.sha256(bytes))
        case .sm3: Secret.hex(Digest.sm3(bytes))
        }
    }

    /// What may be stored in place of a password: the fingerprint of `user:realm:password`.
    public func ha1(user: String, realm: String, password: String) -> String { hex("\(user):\(realm):\(password)") }
}

/// A challenge: `WWW-Authenticate: Digest …`.
public struct DigestChallenge: Sendable, Equatable {
    /// Whose passwords are asked for.
    public var realm: String
    /// To be used once.
    public var nonce: String
    /// The one-way function.
    public var algorithm: DigestAlgorithm
    /// Whether `qop=auth` is offered.
    public var offersQop: Bool
    /// Given back as it came.
    public var opaque: String?
    /// Whether only the nonce was wrong.
    public var isStale: Bool

    /// A challenge. Devices of GB/T 28181-2011 and -2016 want none with `qop`.
    public init(
        realm: String, nonce: String, algorithm: DigestAlgorithm = .md5, offersQop: Bool = false, isStale: Bool = false
    ) {
        self.realm = realm
        self.nonce = nonce
        self.algorithm = algorithm
        self.offersQop = offersQop
        self.isStale = isStale
    }

    /// Reads the field; a scheme or an algorithm that is not known is none.
    public init?(_ header: String) {
        guard let values = DigestText.values(header), let realm = values["realm"], let nonce = values["nonce"],
            let algorithm = DigestAlgorithm(token: values["algorithm"])
        else { return nil }
        self.realm = realm
        self.nonce = nonce
        self.algorithm = algorithm
        offersQop = values["qop"]?.lowercased().split(separator: ",").contains { SIPText.trim($0) == "auth" } ?? false
        opaque = values["opaque"]
        isStale = values["stale"]?.lowercased() == "true"
    }

    /// As it is written.
    public var header: String {
        "Digest realm=\"\(realm)\", nonce=\"\(nonce)\"" + (offersQop ? ", qop=\"auth\"" : "")
            + (opaque.map { ", opaque=\"\($0)\"" } ?? "") + (isStale ? ", stale=true" : "")
            + ", algorithm=\(algorithm.rawValue)"
    }

    /// The answer to it.
    /// - Parameters:
    ///   - count: how often the nonce was used, from 1.
    ///   - cnonce: a value of our own; only sent with `qop`.
    public func answer(
        user: String, password: String, method: SIPMethod, uri: String, count: Int = 1, cnonce: String
    ) -> DigestCredentials {
        var answer = DigestCredentials(
            username: user, realm: realm, nonce: nonce, uri: uri, response: "", algorithm: algorithm)
        answer.opaque = opaque
        if offersQop {
            let hex = String(count, radix: 16)
            answer.qop = "auth"
            answer.nc = String(repeating: "0", count: max(0, 8 - hex.count)) + hex
            answer.cnonce = cnonce
        }
        answer.response = answer.expected(
            ha1: algorithm.ha1(user: user, realm: realm, password: password), method: method)
        return answer
    }
}

/// The answer to a challenge: `Authorization: Digest …`.
public struct DigestCredentials: Sendable, Equatable {
    /// Who.
    public var username: String
    /// Of the challenge.
    public var realm: String
    /// Of the challenge.
    public var nonce: String
    /// As it was hashed: devices differ from the Request-URI, so this text counts.
    public var uri: String
    /// The fingerprint.
    public var response: String
    /// The one-way function.
    public var algorithm: DigestAlgorithm
    /// `auth`, where it was offered.
    public var qop: String?
    /// How often the nonce was used, 8 hexadecimal digits.
    public var nc: String?
    /// The client's own value.
    public var cnonce: String?
    /// Given back as it came.
    public var opaque: String?

    init(username: String, realm: String, nonce: String, uri: String, response: String, algorithm: DigestAlgorithm) {
        self.username = username
        self.realm = realm
        self.nonce = nonce
        self.uri = uri
        self.response = response
        self.algorithm = algorithm
    }

    /// Reads the field.
    public init?(_ header: String) {
        guard let values = DigestText.values(header), let username = values["username"], let realm = values["realm"],
            let nonce = values["nonce"], let uri = values["uri"], let response = values["response"],
            let algorithm = DigestAlgorithm(token: values["algorithm"])
        else { return nil }
        self.init(
            username: username, realm: realm, nonce: nonce, uri: uri, response: response, algorithm: algorithm)
        qop = values["qop"]
        nc = values["nc"]
        cnonce = values["cnonce"]
        opaque = values["opaque"]
        if let qop, qop != "auth" { return nil }
        if qop != nil, nc == nil || cnonce == nil { return nil }
    }

    /// As it is written.
    public var header: String {
        var text = "Digest username=\"\(username)\", realm=\"\(realm)\", nonce=\"\(nonce)\", uri=\"\(uri)\""
        text += ", response=\"\(response)\", algorithm=\(algorithm.rawValue)"
        if let opaque { text += ", opaque=\"\(opaque)\"" }
        if let qop, let nc, let cnonce { text += ", qop=\(qop), nc=\(nc), cnonce=\"\(cnonce)\"" }
        return text
    }

    /// What ``response`` must be.
    public func expected(ha1: String, method: SIPMethod) -> String {
        let ha2 = algorithm.hex("\(method.rawValue):\(uri)")
        guard let qop, let nc, let cnonce else { return algorithm.hex("\(ha1):\(nonce):\(ha2)") }
        return algorithm.hex("\(ha1):\(nonce):\(nc):\(cnonce):\(qop):\(ha2)")
    }

    /// Whether the fingerprint is right; takes the same time wherever it differs.
    public func isRight(ha1: String, method: SIPMethod) -> Bool {
        Secret.equal(Array(expected(ha1: ha1, method: method).utf8), Array(response.lowercased().utf8))
    }
}

private enum DigestText {
    /// Names in lower case and values of `Digest a="b", c=d`; `nil` for another scheme.
    static func values(_ header: String) -> [String: String]? {
        let trimmed = SIPText.trim(header)
        guard trimmed.utf8.count <= 4_096, trimmed.prefix(7).lowercased() == "digest " else { return nil }
        let pairs = SIPText.parameters(SIPText.split(String(trimmed.dropFirst(7)), at: ","))
        return Dictionary(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}

/// Makes and checks nonces: signed, of limited age, each good once.
///
/// A nonce carries its time and a keyed fingerprint, so that a stranger's request costs no memory; only nonces that
/// were used with success are remembered until they expire.
public final class NonceAuthority: Sendable {
    /// What a nonce turned out to be.
    public enum Verdict: Sendable, Equatable {
        /// Ours, young, not used before.
        case fresh
        /// Ours, and too old or used before: challenge again with `stale=true`.
        case stale
        /// Not ours.
        case foreign
    }

    /// Milliseconds for which a nonce is good.
    public let lifeMs: Int64
    private let key: [UInt8]
    private let used = Mutex<[String: Int64]>([:])
    private static let usedLimit = 200_000

    /// An authority with a key of its own; nonces of before a restart are foreign, which costs a device one more try.
    public init(lifeMs: Int64 = 60_000) throws(CryptError) {
        self.lifeMs = lifeMs
        key = try Secret.bytes(32)
    }

    /// A new nonce.
    public func make(at now: Instant) -> String {
        let salt = (try? Secret.bytes(4)) ?? [0, 0, 0, 0]
        return sign(Secret.hex(Self.bytes(now.ms) + salt))
    }

    private func sign(_ stem: String) -> String {
        stem + Secret.hex(Array(Digest.hmacSHA256(key: key, Array(stem.utf8)).prefix(12)))
    }

    private static func bytes(_ number: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * Int64($0))) }
    }

    /// Judges a nonce without using it up.
    public func judge(_ nonce: String, at now: Instant) -> Verdict {
        guard nonce.utf8.count == 48 else { return .foreign }
        let stem = String(nonce.prefix(24))
        guard Secret.equal(Array(sign(stem).utf8), Array(nonce.utf8)),
            let made = Secret.bytes(hex: String(stem.prefix(16)))?.reduce(Int64(0), { $0 << 8 | Int64($1) })
        else { return .foreign }
        guard (0...lifeMs).contains(now.ms - made) else { return .stale }
        return used.withLock { $0[nonce] == nil } ? .fresh : .stale
    }

    /// Notes that a nonce served; `false` when another request was quicker.
    public func use(_ nonce: String, at now: Instant) -> Bool {
        used.withLock { used in
            guard used[nonce] == nil else { return false }
            if used.count >= Self.usedLimit { used = used.filter { $0.value > now.ms } }
            guard used.count < Self.usedLimit else { return false }
            used[nonce] = now.ms + lifeMs
            return true
        }
    }
}
