import Foundation
import GB28181
import Kernel
import Testing

@Suite("Names, moves, descriptions")
struct DeviceLanguageTests {
    @Test("Digits 11-13 say what a thing is; a region is shorter")
    func ids() throws {
        #expect(GBID("51010601001320000101")?.kind == .camera)
        #expect(GBID("51010601001180000007")?.kind == .recorder)
        #expect(GBID("51010601001370000101")?.kind == .speaker)
        #expect(GBID("51010601002150000001")?.kind == .group)
        #expect(GBID("510106")?.kind == .region)
        #expect(GBID("5101060100132000010") == nil)
        #expect(GBID("5101060100132000010x") == nil)
        #expect(GBID("51010601002000000001")?.domain == "5101060100")
    }

    /// GB/T 28181-2022, A.3, computed.
    @Test("The bytes of moves, lenses and presets")
    func ptz() {
        #expect(PTZCommand.stop.hex == "A50F0100000000B5")
        #expect(PTZCommand.move(pan: 1, tilt: 0).hex == "A50F010180000036")
        #expect(PTZCommand.move(pan: -1, tilt: 0).hex == "A50F010280000037")
        #expect(PTZCommand.move(pan: 0, tilt: -1).hex == "A50F010400800039")
        #expect(PTZCommand.move(pan: 0, tilt: 1).hex == "A50F01080080003D")
        #expect(PTZCommand.move(pan: 1, tilt: 1).hex == "A50F0109808000BE")
        #expect(PTZCommand.move(pan: 0, tilt: 0, zoom: 1).hex == "A50F011000008045")
        #expect(PTZCommand.move(pan: 0, tilt: 0, zoom: -1).hex == "A50F012000008055")
        #expect(PTZCommand.lens(focus: 0, iris: -1, speed: 64).hex == "A50F01480040003D")
        #expect(PTZCommand.lens(focus: 1, iris: 0, speed: 64).hex == "A50F014240000037")
        #expect(PTZCommand.lens(focus: 0, iris: 0).hex == "A50F0140000000F5")
        #expect(PTZCommand.preset(.call, 5).hex == "A50F01820005003C")
        #expect(PTZCommand.cruise(1).hex == "A50F01880100003E")
        #expect(PTZCommand.cruiseAdd(1, preset: 5).hex == "A50F01840105003F")
        #expect(PTZCommand.cruiseClear(1).hex == "A50F01850100003B")
        #expect(PTZCommand.cruiseSpeed(1, 300).hex == "A50F0186012C1078")
        #expect(PTZCommand.cruiseDwell(1, seconds: 15).hex == "A50F0187010F004C")
        #expect(PTZCommand(hex: "A50F0186012C1078")?.summary == "cruise 1 speed 300")
        #expect(PTZCommand.auxiliary(1, on: true).hex == "A50F018C01000042")
        #expect(PTZCommand(hex: "A50F01820005003C") == .preset(.call, 5))
        #expect(PTZCommand(hex: "A50F01820005003D") == nil)
    }

    @Test("An offer is written with y= last and read back; ten digits are one RTP source")
    func sdp() throws {
        let platform = try #require(GBID("51010601002000000001"))
        var offer = SessionDescription.offer(
            from: platform, purpose: .play, host: "10.20.0.20", port: 30_010, transport: .tcpPassive, ssrc: 106_010_017)
        offer.attributes = ["streamnumber:0"]
        #expect(
            offer.text == """
                v=0\r
                o=51010601002000000001 0 0 IN IP4 10.20.0.20\r
                s=Play\r
                c=IN IP4 10.20.0.20\r
                t=0 0\r
                m=video 30010 TCP/RTP/AVP 96 97 98 99\r
                a=recvonly\r
                a=rtpmap:96 PS/90000\r
                a=rtpmap:97 MPEG4/90000\r
                a=rtpmap:98 H264/90000\r
                a=rtpmap:99 H265/90000\r
                a=setup:passive\r
                a=connection:new\r
                a=streamnumber:0\r
                y=0106010017\r

                """)
        #expect(SessionDescription(Array(offer.text.utf8)) == offer)
        let answer = try #require(
            SessionDescription(
                Array(
                    "v=0\no=x 0 0 IN IP4 10.20.5.31\ns=Play\nc=IN IP4 10.20.5.31\nt=0 0\nm=video 15060 TCP/RTP/AVP 96\na=sendonly\na=rtpmap:96 DAHUA/90000\na=setup:active\ny=0200000017\nf=v/2/6/25/1/4096a/1/8/1\n"
                        .utf8)))
        #expect(answer.transport == .tcpActive && answer.ssrc == 0x0BEB_C211 && answer.port == 15_060)
        #expect(answer.privateCoding == "DAHUA/90000")
    }

    @Test("Numbers of streams go round before one is used again, and are found again after being given back")
    func ssrc() throws {
        var pool = SSRCPool(platform: try #require(GBID("51010601002000000001")))
        let first = pool.take(.live) ?? 0
        let history = pool.take(.history) ?? 0
        #expect(SessionDescription.digits(first) == "0106010001")
        #expect(SessionDescription.digits(history) == "1106010001")
        pool.free(first)
        let others = Set((0..<9_999).compactMap { _ in pool.take(.live) })
        #expect(others.count == 9_999)
        let beyond = pool.take(.live)
        #expect(beyond == nil)
    }

    @Test("Orders to a replay say one thing each and are read back")
    func playback() {
        #expect(PlaybackControl.pause.text(number: 1) == "PAUSE RTSP/1.0\r\nCSeq: 1\r\nPauseTime: now\r\n\r\n")
        for order in [PlaybackControl.pause, .resume, .seek(100), .speed(2), .speed(0.25), .stop] {
            #expect(PlaybackControl(Array(order.text(number: 3).utf8)) == order)
        }
    }

    @Test("The key frame is asked for in each edition's spelling, the quirks come by maker")
    func editions() throws {
        let camera = try #require(GBID("51010601001320000101"))
        #expect(ControlMessage.keyFrame(number: 1, of: camera, for: .v2016).element["IFameCmd"] != nil)
        #expect(
            ControlMessage.keyFrame(number: 1, of: camera, for: .v2022).element.children.map(\.name).contains(
                "IFrameCmd"))
        #expect(GBVersion(header: nil) == .v2016)
        #expect(DeviceQuirks(manufacturer: "Dahua").ignoresSSRC)
        #expect(DeviceQuirks(manufacturer: "HIKVISION").talksOverUDPOnly)
        #expect(DeviceQuirks(manufacturer: "SimCam") == DeviceQuirks())
        #expect(GBTime.dateHeader(CivilTime.instant(2026, 7, 1, 9, 30, 15)) == "2026-07-01T09:30:15.000")
    }
}
