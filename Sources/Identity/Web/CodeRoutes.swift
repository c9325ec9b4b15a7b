import Crypt
import Kernel
import Storage
import Web

/// A secret for one-time codes (RFC 6238), offered and kept only once a code proves that the app has it.
struct CodeOffer: Encodable {
    /// What is sent back with the code, as hexadecimal digits.
    var secret: String
    /// The same as people type it into an app (base 32).
    var text: String
    /// The same as apps read it.
    var uri: String

    /// A new offer, or the one that was made before.
    init(_ staff: Staff, again: String?) throws {
        let known = again.flatMap(Secret.bytes(hex:)).flatMap { $0.count == 20 ? $0 : nil }
        let bytes = if let known { known } else { try Secret.bytes(20) }
        secret = Secret.hex(bytes)
        text = OneTimeCode.base32(bytes)
        uri = "otpauth://totp/Zhili:\(staff.username)?secret=\(text)&issuer=Zhili"
    }
}

/// `/api/v1/me/codes`: one-time codes of the own account.
extension IdentityRoom {
    func codeRoutes(_ routes: inout Routes) {
        routes.get(
            "/api/v1/me/codes", .anyone, "Whether one-time codes are on; where not, a secret to turn them on with",
            shapes: Shapes(
                gives: .object(
                    ["on": .flag, "offer": .object(["secret": .text, "text": .text, "uri": .text])], required: ["on"]))
        ) { call in
            struct View: Encodable {
                var on: Bool
                var offer: CodeOffer?
            }
            let caller = try call.signedIn()
            guard let staff = try await database.read({ db in try StaffStore.find(caller.id, in: db) }) else {
                throw Problem.unauthorized
            }
            let offer = staff.usesCodes ? nil : try CodeOffer(staff, again: nil)
            return try .json(View(on: staff.usesCodes, offer: offer)).with("Cache-Control", "no-store")
        }
        routes.put(
            "/api/v1/me/codes", .anyone,
            "Turn one-time codes on with the offered secret and a code of it, or off with a code",
            shapes: Shapes(takes: .object(["code": .text, "secret": .text], required: ["code"]))
        ) { call in
            guard try await toggleCodes(call) else { throw Problem.invalid(["code": "code-wrong"]) }
            return .nothing
        }
    }
}
