import Foundation
import Kernel
import Simulator
import Testing
import XML

@testable import ONVIF

@Suite("ONVIF")
struct ONVIFTests {
    private func start(_ change: (inout SimulatedONVIF.Plan) -> Void = { _ in }) async throws -> SimulatedONVIF {
        var plan = SimulatedONVIF.Plan()
        plan.toldHost = "192.0.2.77"
        change(&plan)
        return try await SimulatedONVIF.start(plan)
    }

    private func device(_ simulated: SimulatedONVIF, password: String = "invented") -> ONVIFDevice {
        ONVIFDevice(
            "http://127.0.0.1:\(simulated.port)/onvif/device_service",
            user: ONVIFUser(name: "view", password: password))
    }

    @Test("A digest is that of the profile's own rule: Base64(SHA-1(nonce, created, password))")
    func digest() {
        // The example of ONVIF's Application Programmer's Guide.
        let nonce = Data(base64Encoded: "LKqI6G/AikKCQrN0zqZFlg==").map(Array.init) ?? []
        #expect(
            SOAP.passwordDigest(nonce: nonce, created: "2010-09-16T07:50:45Z", password: "userpassword")
                == "tuOSpGlFlIXsozq4HFNeeGeFLEI=")
        #expect(Instant(ms: 0).rfc3339UTC == "1970-01-01T00:00:00.000Z")
    }

    @Test(
        "A device whose clock is hours wrong is opened by its own clock, old and new, and its addresses stay on its host",
        arguments: [(-7_200, false), (0, true), (86_400 * 400, false)] as [(Int64, Bool)])
    func opened(_ clock: Int64, _ isOld: Bool) async throws {
        let simulated = try await start {
            $0.clockSeconds = clock
            $0.isOld = isOld
            $0.streamPort = 8_554
        }
        let device = device(simulated)
        let profiles = try await device.profiles()
        #expect(profiles.map(\.token) == ["main", "sub"] && profiles[0].width == 640 && profiles[0].canMove)
        #expect(profiles[0].source == "lens" && profiles[0].encoding == "H264")
        #expect(try await device.stream(of: "main") == "rtsp://127.0.0.1:8554/live/main?profile=main")
        #expect(try await device.information().model == "ZL-SIM")
        #expect(simulated.done.refused == 0)
        await simulated.stop()
    }

    @Test("Moves, stop, home and presets arrive as they were given")
    func moves() async throws {
        let simulated = try await start()
        let device = device(simulated)
        try await device.move("main", pan: 0.5, tilt: -9, zoom: 0)
        try await device.stop("main")
        try await device.goHome("main")
        #expect(try await device.presets("main").map(\.name) == ["大门"])
        let made = try await device.setPreset("main", name: "河 & 湾 <1>", token: nil)
        #expect(simulated.done.presets[made] == "河 & 湾 <1>")
        try await device.goTo("main", preset: made)
        try await device.remove("main", preset: made)
        await #expect(throws: ONVIFFailure.fault("not here")) { try await device.goTo("main", preset: made) }
        #expect(
            simulated.done.orders == [
                "ContinuousMove 0.5 -1.0 0.0", "Stop", "GotoHomePosition", "GotoPreset \(made)", "RemovePreset \(made)",
            ])
        await simulated.stop()
    }

    @Test("A wrong password, silence, something else and too much are told apart")
    func failures() async throws {
        let simulated = try await start()
        let wrong = device(simulated, password: "wrong")
        await #expect(throws: ONVIFFailure.unauthorized) { try await wrong.profiles() }
        let gone = device(simulated)
        await simulated.stop()
        await #expect(throws: ONVIFFailure.unreachable) { try await gone.profiles() }
        func answering(_ status: Int, _ body: String) -> ONVIFDevice {
            ONVIFDevice("http://192.0.2.1/", user: ONVIFUser(name: "", password: "")) {
                _, _ throws(ONVIFFailure) in (status, Array(body.utf8))
            }
        }
        await #expect(throws: ONVIFFailure.notSOAP) { try await answering(200, "<html></html>").profiles() }
        await #expect(throws: ONVIFFailure.unauthorized) { try await answering(401, "").profiles() }
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aa\">]><s:Envelope xmlns:s=\"s\"><s:Body><a>&a;</a></s:Body></s:Envelope>"
        await #expect(throws: ONVIFFailure.notSOAP) { try await answering(200, bomb).profiles() }
    }

    @Test("A device is found by its address, with its name, and only as an answer to this question")
    func discovery() async throws {
        let simulated = try await start()
        let found = await ONVIFDiscovery.search(
            ["127.0.0.1:\(simulated.discoveryPort)"], multicasts: false, seconds: 1)
        #expect(
            found == [
                ONVIFFound(
                    address: "http://127.0.0.1:\(simulated.port)/onvif/device_service", name: "模拟机",
                    hardware: "ZL-SIM")
            ])
        await simulated.stop()
    }

    @Test("Addresses are HTTP on a host, and a device cannot lead elsewhere")
    func addresses() {
        #expect(ONVIFAddress.device("10.0.0.9") == "http://10.0.0.9/onvif/device_service")
        #expect(ONVIFAddress.device("http://10.0.0.9:8080/x") == "http://10.0.0.9:8080/x")
        for text in ["", "ftp://h/", "http://a:b@h/", "http://", "http://h/ x", "https://h/"] {
            #expect(ONVIFAddress.device(text) == nil, "\(text)")
        }
        #expect(
            ONVIFAddress.on("http://10.0.0.9/", "rtsp://u:p@192.0.2.1:554/a?b=1", scheme: "rtsp")
                == "rtsp://10.0.0.9:554/a?b=1")
        #expect(ONVIFAddress.on("http://10.0.0.9/", "file:///etc/passwd", scheme: "rtsp") == nil)
    }

    @Test("Whatever bytes come, reading ends with a value or a failure")
    func fuzz() throws {
        let seconds = Double(ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"] ?? "") ?? 0
        let seeds = [
            """
            <s:Envelope xmlns:s="s"><s:Header><w:RelatesTo xmlns:w="w">uuid:1</w:RelatesTo></s:Header><s:Body>\
            <d:ProbeMatches xmlns:d="d"><d:ProbeMatch><d:Scopes>onvif://www.onvif.org/name/%E6%00</d:Scopes>\
            <d:XAddrs>http://192.0.2.1/a http://[fe80::1]/b</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>
            """,
            """
            <s:Envelope xmlns:s="s"><s:Body><r><Profiles token="a"><Name>x</Name><VideoEncoderConfiguration><Resolution>\
            <Width>99999999999</Width><Height>-1</Height></Resolution></VideoEncoderConfiguration></Profiles>\
            <Preset token="b"/><SystemDateAndTime><UTCDateTime><Time><Hour>1</Hour><Minute>2</Minute><Second>3</Second>\
            </Time><Date><Year>2026</Year><Month>2</Month><Day>31</Day></Date></UTCDateTime></SystemDateAndTime>\
            <Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace><XAddr>http://h/x</XAddr></Service></r>\
            </s:Body></s:Envelope>
            """,
            "<s:Envelope xmlns:s='s'><s:Body><s:Fault><s:Code><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault></s:Body></s:Envelope>",
        ].map { Array($0.utf8) }
        let end = Date(timeIntervalSinceNow: seconds)
        var (round, read) = (0, 0)
        while round < 10_000 || Date() < end {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 0...6) {
                let at = Int.random(in: 0..<bytes.count)
                switch Int.random(in: 0...3) {
                case 0: bytes[at] = UInt8.random(in: 0...255)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(UInt8.random(in: 0...255), at: at)
                default: bytes.replaceSubrange(at..<min(bytes.count, at + 20), with: bytes.prefix(20))
                }
                if bytes.isEmpty { bytes = [0x3c] }
            }
            round += 1
            for found in ONVIFDiscovery.matches(bytes, id: "1", sender: "192.0.2.9") {
                #expect(found.address.contains("192.0.2.9") && found.name.count <= 64)
            }
            guard let body = try? SOAP.body(bytes) else { continue }
            read += 1
            for profile in body.all("Profiles").compactMap(ONVIFProfile.init) {
                #expect((0...65_535).contains(profile.width) && (0...65_535).contains(profile.height))
            }
            _ = body.all("Preset").compactMap(ONVIFPreset.init)
            _ = ONVIFDevice.time(body)
            let media = ONVIFServices(body, device: "http://192.0.2.9/").media
            #expect(media?.hasPrefix("http://192.0.2.9") ?? true)
        }
        #expect(read > 0)
    }
}
