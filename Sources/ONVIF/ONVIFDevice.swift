import Crypt
import Foundation
import Kernel
import XML

/// A device that is spoken with: its clock, services, profiles, streams and moves. One question at a time.
public actor ONVIFDevice {
    /// Carries a request and brings the answer's status and bytes.
    public typealias Post =
        @Sendable (_ url: String, _ body: [UInt8]) async throws(ONVIFFailure) -> (
            status: Int, body: [UInt8]
        )

    private let address: String
    private let user: ONVIFUser
    private let post: Post
    private var known: ONVIFServices?
    /// By how much the device's clock is ahead of ours, in milliseconds.
    private var ahead: Int64?

    /// A device behind the address of its device service.
    public init(_ address: String, user: ONVIFUser, post: @escaping Post = ONVIFHTTP.post) {
        self.address = address
        self.user = user
        self.post = post
    }

    private func ask(_ body: String, at url: String, proves: Bool = true) async throws(ONVIFFailure) -> XMLTree {
        let created = Instant.now.ms + (proves ? await clock() : 0)
        guard let nonce = try? Secret.bytes(16) else { throw .unreachable }
        let answer = try await post(
            url, SOAP.envelope(body, user: proves ? user : nil, created: created, nonce: nonce))
        if answer.status == 401 { throw .unauthorized }
        return try SOAP.body(answer.body)
    }

    /// Devices refuse a token that is older or newer by their clock than some seconds, and few of them keep time.
    private func clock() async -> Int64 {
        if let ahead { return ahead }
        // A device that does not tell its time without proof is taken to have ours.
        let answer = try? await ask("<tds:GetSystemDateAndTime/>", at: address, proves: false)
        let found = answer.flatMap(Self.time).map { $0 - Instant.now.ms } ?? 0
        ahead = found
        return found
    }

    /// `UTCDateTime` in milliseconds since the Unix epoch.
    public static func time(_ answer: XMLTree) -> Int64? {
        guard let utc = answer["SystemDateAndTime"]?["UTCDateTime"], let date = utc["Date"], let time = utc["Time"],
            let year = date.value("Year").flatMap({ Int($0) }), (1970...2100).contains(year),
            let month = date.value("Month").flatMap({ Int($0) }), (1...12).contains(month),
            let day = date.value("Day").flatMap({ Int($0) }), (1...31).contains(day),
            let hour = time.value("Hour").flatMap({ Int($0) }), (0...23).contains(hour),
            let minute = time.value("Minute").flatMap({ Int($0) }), (0...59).contains(minute),
            let second = time.value("Second").flatMap({ Int($0) }), (0...60).contains(second)
        else { return nil }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return Instant(
            "\(year)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(min(59, second)))Z")?.ms
    }

    /// Where its services are.
    public func services() async throws(ONVIFFailure) -> ONVIFServices {
        if let known { return known }
        var found: ONVIFServices?
        do throws(ONVIFFailure) {
            let question = "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"
            found = ONVIFServices(try await ask(question, at: address), device: address)
        } catch .fault {
            // An old device: it tells by the older question.
        }
        if found?.media == nil {
            let question = "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>"
            found = ONVIFServices(try await ask(question, at: address), device: address)
        }
        guard let found, found.media != nil else { throw .missing("media") }
        known = found
        return found
    }

    /// What it says of itself.
    public func information() async throws(ONVIFFailure) -> ONVIFInformation {
        ONVIFInformation(try await ask("<tds:GetDeviceInformation/>", at: address))
    }

    private func media() async throws(ONVIFFailure) -> String {
        guard let url = try await services().media else { throw .missing("media") }
        return url
    }

    private func ptz() async throws(ONVIFFailure) -> String {
        guard let url = try await services().ptz else { throw .missing("ptz") }
        return url
    }

    /// Its profiles, 64 at most.
    public func profiles() async throws(ONVIFFailure) -> [ONVIFProfile] {
        let answer = try await ask("<trt:GetProfiles/>", at: try await media())
        return answer.all("Profiles").prefix(64).compactMap(ONVIFProfile.init)
    }

    /// The RTSP address of a profile, on the device's own host.
    public func stream(of profile: String) async throws(ONVIFFailure) -> String {
        let answer = try await ask(
            """
            <trt:GetStreamUri><trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport>\
            <tt:Protocol>RTSP</tt:Protocol></tt:Transport></trt:StreamSetup>\
            <trt:ProfileToken>\(SOAP.text(profile))</trt:ProfileToken></trt:GetStreamUri>
            """, at: try await media())
        guard let told = answer["MediaUri"]?.value("Uri"),
            let url = ONVIFAddress.on(address, told, scheme: "rtsp")
        else { throw .missing("uri") }
        return url
    }

    // MARK: Moves

    private func move(_ name: String, _ profile: String, _ rest: String = "") async throws(ONVIFFailure) -> XMLTree {
        try await ask(
            "<tptz:\(name)><tptz:ProfileToken>\(SOAP.text(profile))</tptz:ProfileToken>\(rest)</tptz:\(name)>",
            at: try await ptz())
    }

    /// Moves until stopped, ten seconds at most: a lost stop must not turn a camera for good. Each of -1…1.
    public func move(_ profile: String, pan: Double, tilt: Double, zoom: Double) async throws(ONVIFFailure) {
        func text(_ value: Double) -> String { String((min(1, max(-1, value)) * 1_000).rounded() / 1_000) }
        _ = try await move(
            "ContinuousMove", profile,
            """
            <tptz:Velocity><tt:PanTilt x="\(text(pan))" y="\(text(tilt))"/><tt:Zoom x="\(text(zoom))"/></tptz:Velocity>\
            <tptz:Timeout>PT10S</tptz:Timeout>
            """)
    }

    /// Stops every movement.
    public func stop(_ profile: String) async throws(ONVIFFailure) {
        _ = try await move("Stop", profile, "<tptz:PanTilt>true</tptz:PanTilt><tptz:Zoom>true</tptz:Zoom>")
    }

    /// Its presets, 255 at most.
    public func presets(_ profile: String) async throws(ONVIFFailure) -> [ONVIFPreset] {
        try await move("GetPresets", profile).all("Preset").prefix(255).compactMap(ONVIFPreset.init)
    }

    /// Makes a preset where the camera looks now, or moves a known one there.
    /// - Returns: its token.
    public func setPreset(_ profile: String, name: String, token: String?) async throws(ONVIFFailure) -> String {
        let answer = try await move(
            "SetPreset", profile,
            "<tptz:PresetName>\(SOAP.text(name))</tptz:PresetName>"
                + (token.map { "<tptz:PresetToken>\(SOAP.text($0))</tptz:PresetToken>" } ?? ""))
        guard let made = answer.value("PresetToken") ?? token, made.utf8.count <= 100 else { throw .missing("token") }
        return made
    }

    /// Turns to a preset.
    public func goTo(_ profile: String, preset: String) async throws(ONVIFFailure) {
        _ = try await move("GotoPreset", profile, "<tptz:PresetToken>\(SOAP.text(preset))</tptz:PresetToken>")
    }

    /// Deletes a preset.
    public func remove(_ profile: String, preset: String) async throws(ONVIFFailure) {
        _ = try await move("RemovePreset", profile, "<tptz:PresetToken>\(SOAP.text(preset))</tptz:PresetToken>")
    }

    /// Turns to the home position.
    public func goHome(_ profile: String) async throws(ONVIFFailure) { _ = try await move("GotoHomePosition", profile) }
}
