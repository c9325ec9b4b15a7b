import Foundation
import GB28181
import Kernel
import Testing

@Suite("Control messages")
struct XMLReaderTests {
    @Test("GB18030 is read whatever the prolog says; UTF-8 where it is valid")
    func charsets() throws {
        let text =
            "<?xml version=\"1.0\" encoding=\"GB2312\"?><Notify><CmdType>Alarm</CmdType><Name>龘东湖𠮷</Name></Notify>"
        #expect(try XMLReader.read(GBText.encode(text)).value("Name") == "龘东湖𠮷")
        #expect(try XMLReader.read(Array(text.utf8)).value("Name") == "龘东湖𠮷")
        #expect(GBText.encode("东") == [0xB6, 0xAB])
        #expect(GBText.decode([0xB6, 0xAB, 0xFF, 0x41, 0x01]) == "东?A")
    }

    @Test(
        "Broken XML gives what can be saved",
        arguments: [
            ("<Response><Item><Name>A & B < C</Name><Status>ON</Status></Item></Response>", "A & B < C"),
            ("<Response><Item><Name>A &amp; B &#x4E1C;</Name></Item></Response>", "A & B 东"),
            ("\u{FEFF}  <?xml version=\"1.0\"?>\n<response><ITEM><name> A </NAME></item>", "A"),
            ("<Response><Item><Name>A<Status>ON</Status></Item></Response>", "A"),
            ("<Response><Item><Name><![CDATA[A<b>]]></Name></Item></Response>", "A<b>"),
            ("<Response><!-- x --><Item Num=\"1\"><Name>A</Name></Bogus></Item>", "A"),
        ])
    func broken(_ text: String, _ name: String) throws {
        let element = try XMLReader.read(Array(text.utf8))
        #expect(element["Item"]?.value("Name") == name)
    }

    @Test("Nothing is expanded, and depth and number are bounded")
    func bombs() throws {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Notify><CmdType>&b;</CmdType></Notify>"
        #expect((try XMLReader.read(Array(bomb.utf8)).value("CmdType") ?? "").count < 10)
        #expect(throws: XMLFailure.tooLarge("depth")) {
            try XMLReader.read(Array(String(repeating: "<a>", count: 100).utf8))
        }
        #expect(throws: XMLFailure.tooLarge("elements")) {
            try XMLReader.read(Array(("<a>" + String(repeating: "<b/>", count: 200_001)).utf8))
        }
        #expect(throws: XMLFailure.empty) { try XMLReader.read(Array("no element".utf8)) }
    }

    @Test("A catalogue's page is whole only with all that was announced, whatever the order and however often")
    func collector() throws {
        func page(_ ids: [String], sn: Int = 7, total: Int = 3) throws -> ControlMessage {
            let items = ids.map { "<Item><DeviceID>\($0)</DeviceID><Name>东湖</Name><Status>ON</Status></Item>" }
            let text =
                "<?xml version=\"1.0\" encoding=\"GB2312\"?><Response><CmdType>Catalog</CmdType><SN>\(sn)</SN>"
                + "<DeviceID>51010601001180000007</DeviceID><SumNum>\(total)</SumNum>"
                + "<DeviceList Num=\"9\">\(items.joined())</DeviceList></Response>"
            return try #require(ControlMessage(GBText.encode(text)))
        }
        func own(_ collector: inout CatalogCollector, _ page: ControlMessage) -> Bool { collector.take(page) }
        var collector = CatalogCollector(number: 7)
        #expect(own(&collector, try page(["51010601001320000102"])))
        #expect(own(&collector, try page(["51010601001320000102"])))
        #expect(!collector.isComplete)
        #expect(!own(&collector, try page(["51010601001320000101"], sn: 8)))
        #expect(own(&collector, try page(["51010601001320000101", "nonsense"])))
        #expect(collector.isComplete)
        #expect(collector.items.count == 2)
        #expect(collector.broken == 1)
    }

    @Test("What we write is read back, and its length counts encoded bytes")
    func written() throws {
        let camera = try #require(GBID("51010601001320000101"))
        let item = CatalogItem(id: camera, name: "东湖 <1> & 2", parent: nil, isOn: true, point: nil, ptzType: 1)
        let page = ControlMessage.page(
            "Catalog", number: 3, of: camera, total: 1, list: "DeviceList", items: [item.element])
        let read = try #require(ControlMessage(page.bytes(for: .v2016)))
        #expect(read.element["DeviceList"]?.attributes["Num"] == "1")
        let back = try #require(read.element["DeviceList"]?.all("Item").first.flatMap(CatalogItem.init))
        #expect(back.name == item.name)
        #expect(back.canMove)
        #expect(String(decoding: page.bytes(for: .v2022).prefix(40), as: UTF8.self).contains("GB18030"))
    }

    @Test("An alarm's fields, from the standard's places")
    func alarm() throws {
        let text = """
            <?xml version="1.0" encoding="GB18030"?><Notify><CmdType>Alarm</CmdType><SN>512</SN>
            <DeviceID>51010601001320000101</DeviceID><AlarmPriority>2</AlarmPriority><AlarmMethod>5</AlarmMethod>
            <AlarmTime>2026-07-01T15:04:05</AlarmTime><AlarmDescription>人员进入深水区</AlarmDescription>
            <Longitude>104.051200</Longitude><Latitude>30.692300</Latitude>
            <Info><AlarmType>6</AlarmType><AlarmTypeParam><EventType>1</EventType></AlarmTypeParam></Info></Notify>
            """
        let message = try #require(ControlMessage(GBText.encode(text)))
        let notice = try #require(AlarmNotice(message))
        #expect(notice.method == 5 && notice.type == 6 && notice.eventType == 1 && notice.priority == 2)
        #expect(notice.text == "人员进入深水区")
        #expect(notice.at?.rfc3339.prefix(19) == "2026-07-01T15:04:05")
    }

    private static var seconds: Double {
        ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0
    }

    @Test("Mutated documents and descriptions never trap")
    func fuzz() {
        var random = SplitMix(state: Self.seconds > 0 ? UInt64.random(in: 0...UInt64.max) : 2_022)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        let xml = GBText.encode(
            "<?xml version=\"1.0\"?><Response><CmdType>Catalog</CmdType><SN>1</SN><SumNum>2</SumNum><DeviceList Num=\"2\">"
                + "<Item><DeviceID>51010601001320000101</DeviceID><Name>东湖&amp;</Name><Info><PTZType>1</PTZType></Info></Item>"
                + "</DeviceList></Response>")
        let sdp = Array(
            "v=0\r\no=1 0 0 IN IP4 1.2.3.4\r\ns=Play\r\nc=IN IP4 1.2.3.4\r\nt=0 0\r\nm=video 9 TCP/RTP/AVP 96\r\na=setup:active\r\ny=0106010017\r\n"
                .utf8)
        let letters = Array("<>/&;=\"'!?[]-\r\n\u{0} 0a".utf8) + [0x81, 0xFE, 0xFF]
        var round = 0
        while round < 3_000 || ContinuousClock.now < end {
            round += 1
            for source in [xml, sdp] {
                var bytes = source
                for _ in 0..<(1 + random.next() % 8) {
                    let index = Int(random.next() % UInt64(bytes.count))
                    let letter = letters[Int(random.next() % UInt64(letters.count))]
                    switch random.next() % 3 {
                    case 0: bytes[index] = letter
                    case 1: bytes.remove(at: index)
                    default: bytes.insert(letter, at: index)
                    }
                }
                if let message = ControlMessage(bytes) {
                    var collector = CatalogCollector(number: 1)
                    _ = collector.take(message)
                    _ = AlarmNotice(message)
                }
                _ = SessionDescription(bytes)
                _ = PlaybackControl(bytes)
            }
        }
    }
}

/// A small generator with a seed, so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
