import Geo
import Kernel
import Office
import Storage
import Testing

@testable import Places
@testable import TownMap

@Suite("Borders as files")
struct AreaFileTests {
    private func bring(_ town: SmallTown, _ rows: [AreaRow]) async throws -> AreaRevision {
        let editor = town.editor
        let revision = try await town.database.write { db in
            try editor.bring(
                rows, base: AreaEditor.revisions(before: nil, limit: 1, in: db).first?.id, by: nil, name: "测试",
                at: .now, in: db)
        }
        try await town.room.refresh()
        return revision
    }

    private func areas(_ town: SmallTown) -> [Area] { town.room.index.map.inForce.sorted { $0.id < $1.id } }

    private func row(_ name: String, _ code: String, _ x: Double, _ y: Double, _ w: Double, _ h: Double) -> AreaRow {
        AreaRow(
            kind: nil, name: name, code: code,
            geometry: Geometry(
                box: Box(
                    from: Position(lon: 113 + x, lat: 34 + y), to: Position(lon: 113 + x + w, lat: 34 + y + h))))
    }

    @Test(
        "What goes out comes in again in either form and changes nothing", arguments: AreaFile.Form.allCases,
        [Datum.wgs84, .gcj02])
    func same(_ form: AreaFile.Form, _ datum: Datum) async throws {
        let town = try await SmallTown(.sqlite)
        let bytes = try AreaFile.write(areas(town), as: form, datum: datum)
        let rows = try AreaFile.read(bytes, datum: datum)
        #expect(rows.count == 7)
        let counts = try await town.database.read { db in try AreaEditor.tried(rows, at: .now, in: db) }
        if datum == .wgs84 { #expect(counts == AreaImportCounts(added: 0, changed: 0, ended: 0, same: 7)) }
        // A shifted datum may round a corner by the last decimal, eleven centimetres; nothing ends or begins.
        #expect(counts.added == 0 && counts.ended == 0)
        if datum == .wgs84 {
            await #expect(throws: AreaEditError.self) { _ = try await bring(town, rows) }
        }
    }

    @Test("An office's grids move borders by their codes, end what is missing and lead from the old to the new; undo")
    func grids() async throws {
        let town = try await SmallTown(.sqlite)
        // The two western grids swap a strip, the eastern ones become one of another code. Drawn 40 cm apart.
        let rows = [
            row("1号", "9999991012010101", 0, 0, 0.01, 0.012), row("3号", "9999991012010103", 0, 0.012, 0.01, 0.008),
            row("东", "9999991012010109", 0.010004, 0, 0.009996, 0.02),
        ]
        let revision = try await bring(town, rows)
        #expect(revision.moved == 3)
        #expect(town.area(113.005, 34.011) == town.grids[0])
        #expect(town.area(113.005, 34.013) == town.grids[2])
        let east = try #require(town.area(113.015, 34.005))
        #expect(town.room.index.map.byID[east]?.code == "9999991012010109")
        #expect(town.area(113.010002, 34.005) != nil)
        let lineage = try await town.database.read { db in try AreaEditor.lineage(of: town.grids[1], in: db) }
        #expect(lineage.to == [east])
        #expect(town.asked.all.last?.heirs[town.grids[3]] == east)
        _ = try await town.undo()
        #expect(town.area(113.005, 34.011) == town.grids[2])
        #expect(town.area(113.015, 34.005) == town.grids[1])
    }

    @Test("A file that leaves a gap, doubles land or a code, or hangs in the air is refused with the place or the row")
    func refused() async throws {
        let town = try await SmallTown(.sqlite)
        let good = [
            row("1号", "9999991012010101", 0, 0, 0.01, 0.02), row("2号", "9999991012010102", 0.01, 0, 0.01, 0.02),
        ]
        var gap = good
        gap[1] = row("2号", "9999991012010102", 0.01, 0, 0.01, 0.01)
        gap.append(row("3号", "9999991012010103", 0.012, 0.01, 0.008, 0.01))
        gap.append(row("4号", "9999991012010104", 0.01, 0.018, 0.002, 0.002))
        await #expect {
            _ = try await bring(town, gap)
        } throws: { error in
            guard case AreaEditError.fault(let fault) = error else { return false }
            return fault.kind == .gap && abs(fault.place.lon - 113.011) < 0.002 && abs(fault.place.lat - 34.014) < 0.005
        }
        var over = good
        over[1] = row("2号", "9999991012010102", 0.008, 0, 0.012, 0.02)
        await #expect {
            _ = try await bring(town, over)
        } throws: { error in
            guard case AreaEditError.fault(let fault) = error else { return false }
            return fault.kind == .overlap
        }
        for (change, what) in [
            ("9999991012010101", "twice"), ("88888810120101", "code"), ("99999910", "kind"),
            ("9999991012020101", "code"),
        ] {
            var rows = good
            rows[1].code = change
            if what == "code" {
                rows[1].kind = .grid
                rows[1].parent = "99999910120101"
            }
            await #expect("\(change)") {
                _ = try await bring(town, rows)
            } throws: { error in
                guard case AreaEditError.badRow(_, what) = error else { return false }
                return true
            }
        }
        #expect(try await town.database.read { db in try AreaEditor.revisions(before: nil, limit: 5, in: db) }.isEmpty)
    }

    @Test(
        "Codes get the lengths of another format, keep their numbers, and numbering goes on in it",
        arguments: Engine.allCases)
    func format(_ engine: Engine) async throws {
        let town = try await SmallTown(engine)
        let editor = town.editor
        let wide = AreaCodeFormat(digits: [.town: 9, .village: 3, .cooperative: 3, .grid: 4])
        try await town.database.write { db in
            _ = try editor.setCodeFormat(wide, by: nil, name: "测试", at: .now, in: db)
        }
        try await town.room.refresh()
        #expect(town.room.index.map.byID[town.grids[2]]?.code == "9999991012010010003")
        try await town.edit([
            .split(
                town.grids[0], along: [Position(lon: 113.005, lat: 34), Position(lon: 113.005, lat: 34.01)], names: [])
        ])
        #expect(town.room.index.map.inForce.contains { $0.code == "9999991012010010006" })
        let narrow = AreaCodeFormat(digits: [.town: 9, .village: 2, .cooperative: 2, .grid: 2])
        await #expect(throws: AreaEditError.self) {
            try await town.database.write { db in
                _ = try editor.setCodeFormat(narrow, by: nil, name: "测试", at: .now, in: db)
            }
        }
    }

    @Test("Files that are none say so, and a zip that unpacks to more than is taken is not unpacked")
    func unreadable() throws {
        for bytes in [Array("{}".utf8), [0x50, 0x4B, 3, 4], Array("[1,2".utf8)] {
            #expect(throws: AreaFile.Fault.self) { try AreaFile.read(bytes, datum: .wgs84) }
        }
        let zeros = try ZipFolder.write([("a.shp", [UInt8](repeating: 0, count: 1 << 20))])
        #expect(zeros.count < 10_000)
        #expect(throws: TableError.self) { try ZipFolder.read(zeros, bound: 1 << 16) { _ in true } }
        let crs = #"{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:2362"}},"features":[]}"#
        #expect {
            try AreaFile.read(Array(crs.utf8), datum: .wgs84)
        } throws: { error in
            guard case AreaFile.Fault.projection("EPSG:2362") = error else { return false }
            return true
        }
    }

    @Test("What happened last year is counted by last year's borders")
    func pastCounts() async throws {
        let town = try await SmallTown(.sqlite)
        let moment = CivilTime.instant(2026, 6, 1)
        try await town.edit(
            [.move(from: Position(lon: 113.01, lat: 34.01), to: Position(lon: 113.013, lat: 34.012))], at: moment)
        let place = try #require(GeoPoint(lat: 34.0105, lon: 113.011))
        let cooperative = try #require(town.room.index.map.line(of: town.grids[0]).first { $0.kind == .cooperative })
        for (at, grid) in [(moment - 1, town.grids[3]), (moment + 1, town.grids[0])] {
            let map = AreaMap(try await town.database.read { db in try AreaEditor.areas(at: at, in: db) })
            #expect(AreaCounts([place], parent: cooperative.id, map: map).counts == [grid: 1])
        }
    }
}
