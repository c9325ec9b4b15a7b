import Foundation
import Kernel
import Testing
import XML

@testable import CAP

@Suite("Common Alerting Protocol 1.2")
struct AlertTests {
    private var whole: Alert {
        var alert = Alert(
            identifier: "51132300000001_20260701150405_0", sender: "centre@town.example",
            sent: CivilTime.instant(2026, 7, 1, 15, 4, 5), status: .exercise, kind: .update, scope: .restricted)
        alert.restriction = "镇内部"
        alert.addresses = ["village one", "b"]
        alert.codes = ["drill"]
        alert.note = "演练 <1> & \"2\""
        alert.references = [
            Alert.Reference(sender: "s@x", identifier: "i1", sent: CivilTime.instant(2026, 7, 1, 15, 0, 0))
        ]
        var info = Info(
            categories: [.met, .safety], event: "暴雨", urgency: .expected, severity: .severe, certainty: .likely)
        info.language = "zh-CN"
        info.responses = [.avoid]
        info.expires = CivilTime.instant(2026, 7, 1, 21)
        info.headline = "远离河边"
        info.parameters = [Info.Named(name: "speaker", value: "3")]
        var area = Area("柳湾村")
        area.polygons = [
            [(31, 104), (31, 105), (32, 105), (31, 104)].compactMap { GeoPoint(lat: $0.0, lon: $0.1) }
        ]
        if let middle = GeoPoint(lat: 31.5, lon: 104.25) { area.circles = [Area.Circle(center: middle, radiusKm: 1.5)] }
        info.areas = [area]
        alert.infos = [info]
        return alert
    }

    private func read(_ text: String) throws -> AlertReading { try AlertReader.read(Array(text.utf8)) }

    private func faults(_ text: String) throws -> [AlertFault] {
        if case .faults(let faults) = try read(text) { faults } else { [] }
    }

    @Test("What is written is read back as it was")
    func roundTrip() throws {
        #expect(try read(AlertWriter.document(whole)) == .alert(whole))
        #expect(AlertRules.faults(whole).isEmpty)
    }

    @Test(
        "Times carry no Z and no fraction",
        arguments: ["2026-07-01T15:04:05Z", "2026-07-01T15:04:05.000+08:00", "2026-07-01"])
    func times(_ time: String) throws {
        let text = AlertWriter.document(whole).replacingOccurrences(of: "2026-07-01T15:04:05+08:00", with: time)
        #expect(try faults(text) == [AlertFault("sent", "invalid")])
        #expect(AlertTime.read("2026-07-01T07:04:05-00:00") == CivilTime.instant(2026, 7, 1, 15, 4, 5))
    }

    @Test("Order, repetition, unknown elements and missing ones are named with their place")
    func schema() throws {
        let text = AlertWriter.document(whole)
        let swapped = text.replacingOccurrences(
            of: "<status>Exercise</status>\n<msgType>Update</msgType>",
            with: "<msgType>Update</msgType><status>Exercise</status>")
        #expect(try faults(swapped) == [AlertFault("status", "order")])
        let missing = text.replacingOccurrences(of: "<urgency>Expected</urgency>", with: "")
        #expect(try faults(missing) == [AlertFault("info[0].urgency", "required")])
        let odd = text.replacingOccurrences(of: "<severity>Severe</severity>", with: "<severity>Red</severity><x/>")
        #expect(try faults(odd) == [AlertFault("info[0].x", "unknown"), AlertFault("info[0].severity", "invalid")])
        let twice = text.replacingOccurrences(of: "<sender>", with: "<sender>a</sender><sender>")
        #expect(try faults(twice) == [AlertFault("sender", "twice")])
        #expect(try faults("<alert/>") == [AlertFault("alert", "namespace")])
        #expect(try faults(text.replacingOccurrences(of: "31.0,104.0", with: "131,104")).first?.code == "invalid")
    }

    @Test("What the schema leaves open is checked: scope, references, times, rings")
    func rules() {
        var alert = whole
        alert.restriction = nil
        alert.references = []
        alert.infos[0].expires = alert.sent - 1_000
        alert.infos[0].areas[0].polygons[0].removeLast()
        alert.infos[0].areas[0].ceiling = 10
        #expect(
            AlertRules.faults(alert).map(\.description) == [
                "restriction: required-by-scope", "references: required-by-type",
                "info[0].expires: before-effective", "info[0].expires: before-sent",
                "info[0].area[0].ceiling: needs-altitude", "info[0].area[0].polygon: too-few-points",
                "info[0].area[0].polygon: not-closed",
            ])
    }

    @Test("Mutated alerts neither trap nor pass with an enumeration that is none")
    func fuzz() {
        let seconds = ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0
        let end = ContinuousClock.now + .seconds(seconds)
        let seed = Array(AlertWriter.document(whole).utf8)
        var count = 0
        while count < 3_000 || ContinuousClock.now < end {
            count += 1
            var bytes = seed
            for _ in 0..<Int.random(in: 1...5) {
                let index = Int.random(in: 0..<bytes.count)
                if Bool.random() { bytes[index] = .random(in: 32...126) } else { bytes.remove(at: index) }
            }
            if case .alert(let alert)? = try? AlertReader.read(bytes) { _ = AlertRules.faults(alert) }
        }
    }
}
