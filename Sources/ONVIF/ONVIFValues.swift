import Foundation
import XML

/// Where a device's services are (ONVIF Core, GetServices, else GetCapabilities).
public struct ONVIFServices: Sendable, Equatable {
    /// Media, version 1.
    public var media: String?
    /// Pan, tilt, zoom.
    public var ptz: String?

    /// Reads either answer. Whatever host it names, the device's own is kept: an answer must not send a password
    /// elsewhere, and behind address translation it would name one that is not reached.
    public init(_ answer: XMLTree, device: String) {
        for service in answer.all("Service").prefix(64) {
            guard let address = service.value("XAddr").flatMap({ ONVIFAddress.on(device, $0) }) else { continue }
            switch service.value("Namespace") {
            case "http://www.onvif.org/ver10/media/wsdl": media = address
            case "http://www.onvif.org/ver20/ptz/wsdl": ptz = address
            default: break
            }
        }
        if let capabilities = answer["Capabilities"] {
            media = capabilities["Media"]?.value("XAddr").flatMap { ONVIFAddress.on(device, $0) }
            ptz = capabilities["PTZ"]?.value("XAddr").flatMap { ONVIFAddress.on(device, $0) }
        }
    }
}

/// One media profile: a picture of a certain size and coding.
public struct ONVIFProfile: Sendable, Equatable, Codable {
    /// Names it.
    public var token: String
    /// The name that people read.
    public var name: String
    /// What it looks through; profiles of one lens have the same.
    public var source: String
    /// `H264`, `H265`, `JPEG`; empty where it does not say.
    public var encoding: String
    /// The picture's size; 0 where it does not say.
    public var width: Int
    /// The picture's size; 0 where it does not say.
    public var height: Int
    /// Whether the lens can be moved.
    public var canMove: Bool

    /// Reads `Profiles`; `nil` without a token.
    public init?(_ element: XMLTree) {
        guard let token = element.attributes["token"], !token.isEmpty, token.utf8.count <= 100 else { return nil }
        self.token = token
        name = String((element.value("Name") ?? token).prefix(100))
        source = String((element["VideoSourceConfiguration"]?.value("SourceToken") ?? "").prefix(100))
        let encoder = element["VideoEncoderConfiguration"]
        encoding = String((encoder?.value("Encoding") ?? "").prefix(16)).uppercased()
        let size = encoder?["Resolution"]
        func pixels(_ name: String) -> Int {
            size?.value(name).flatMap { Int($0) }.map { min(65_535, max(0, $0)) } ?? 0
        }
        width = pixels("Width")
        height = pixels("Height")
        canMove = element["PTZConfiguration"] != nil
    }
}

/// A preset of a device.
public struct ONVIFPreset: Sendable, Equatable {
    /// Names it.
    public var token: String
    /// The name that people read.
    public var name: String

    /// Reads `Preset`.
    public init?(_ element: XMLTree) {
        guard let token = element.attributes["token"], !token.isEmpty, token.utf8.count <= 100 else { return nil }
        self.token = token
        name = String((element.value("Name") ?? "").prefix(30))
    }
}

/// What a device says of itself.
public struct ONVIFInformation: Sendable, Equatable {
    /// Who made it.
    public var manufacturer: String
    /// Which one it is.
    public var model: String
    /// What runs on it.
    public var firmware: String

    /// Reads `GetDeviceInformationResponse`.
    public init(_ answer: XMLTree) {
        func text(_ name: String) -> String { String((answer.value(name) ?? "").prefix(64)) }
        (manufacturer, model, firmware) = (text("Manufacturer"), text("Model"), text("FirmwareVersion"))
    }
}

/// Addresses of services and streams.
public enum ONVIFAddress {
    /// Checks `http://HOST[:PORT]/PATH`; a bare host gets the usual path.
    public static func device(_ text: String) -> String? {
        let text = text.trimmingCharacters(in: .whitespaces)
        let full = text.contains("://") ? text : "http://\(text)/onvif/device_service"
        guard full.utf8.count <= 300, !full.utf8.contains(where: { $0 <= 32 }), let parts = URLComponents(string: full),
            parts.scheme?.lowercased() == "http", parts.user == nil, parts.host?.isEmpty == false,
            (1...65_535).contains(parts.port ?? 80)
        else { return nil }
        return parts.path.isEmpty ? full + "/onvif/device_service" : full
    }

    /// An address that a device tells, on the host by which the device is reached.
    public static func on(_ device: String, _ told: String, scheme: String = "http") -> String? {
        guard told.utf8.count <= 500, !told.utf8.contains(where: { $0 <= 32 }), var parts = URLComponents(string: told),
            parts.scheme?.lowercased() == scheme, let host = URLComponents(string: device)?.host,
            (1...65_535).contains(parts.port ?? 80)
        else { return nil }
        parts.host = host
        parts.user = nil
        parts.password = nil
        return parts.string
    }
}
