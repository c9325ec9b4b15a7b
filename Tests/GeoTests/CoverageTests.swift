import Foundation
import Testing

@testable import Geo

@Suite("Land without gaps and overlaps")
struct CoverageTests {
    /// Two by two squares of a hundredth of a degree: 1 and 2 below, 3 and 4 above.
    private func field() -> Coverage {
        Coverage(
            [(1, 0, 0), (2, 1, 0), (3, 0, 1), (4, 1, 1)].map { id, x, y in
                Coverage.Face(id: id, rings: [square(Int64(x), Int64(y))])
            })
    }

    private func square(_ x: Int64, _ y: Int64) -> LatticeRing {
        LatticeRing([point(x, y), point(x + 1, y), point(x + 1, y + 1), point(x, y + 1)])
    }

    private func point(_ x: Int64, _ y: Int64) -> LatticePoint {
        LatticePoint(x: 113_000_000 + x * 10_000, y: 34_000_000 + y * 10_000)
    }

    private func fault(_ body: () throws -> Void) -> CoverageFault? {
        do {
            try body()
            return nil
        } catch { return error as? CoverageFault }
    }

    @Test("Squares that share their corners are whole")
    func whole() throws { try field().check() }

    @Test("Moving a corner moves every neighbour, and the land stays whole")
    func move() throws {
        var land = field()
        let middle = point(1, 1)
        let changed = try land.move(middle, to: LatticePoint(x: middle.x + 3_000, y: middle.y - 2_000))
        #expect(changed == [1, 2, 3, 4])
        try land.check()
        #expect(land.faces(at: middle).isEmpty)
    }

    @Test("A corner pulled across a border is refused with the place")
    func crossing() throws {
        var land = field()
        try land.move(point(1, 1), to: LatticePoint(x: point(2, 1).x + 4_000, y: point(1, 1).y + 500))
        let found = fault { try land.check() }
        #expect(found?.kind == .crossing)
        #expect(found.map { abs($0.place.lon - 113.02) < 0.006 } == true)
    }

    @Test("A gap is refused with its outline, and so are a missing corner and doubled land")
    func gaps() throws {
        var faces: [Coverage.Face] = []
        for number: Int64 in 0..<9 where number != 4 {
            faces.append(Coverage.Face(id: number, rings: [square(number % 3, number / 3)]))
        }
        let gap = fault { try Coverage(faces).check() }
        #expect(gap?.kind == .gap)
        #expect(gap?.ring.count == 4)
        faces.append(Coverage.Face(id: 4, rings: [square(1, 1)]))
        try Coverage(faces).check()

        faces.append(Coverage.Face(id: 9, rings: [square(1, 1)]))
        #expect(fault { try Coverage(faces).check() }?.kind == .overlap)
        faces.removeLast()
        faces.append(Coverage.Face(id: 9, rings: [LatticeRing([point(5, 5), point(6, 5), point(6, 6)])]))
        try Coverage(faces).check()
        faces[faces.count - 1].rings[0].points[0] = point(1, 2)
        #expect(fault { try Coverage(faces).check() } != nil)

        // One neighbour has a corner that the other lacks.
        var uneven = [Coverage.Face(id: 1, rings: [square(0, 0)]), Coverage.Face(id: 2, rings: [square(1, 0)])]
        uneven[1].rings[0].points.append(LatticePoint(x: point(1, 0).x + 50, y: point(1, 0).y + 5_000))
        #expect(fault { try Coverage(uneven).check() } != nil)
    }

    @Test("A corner on a border and on a common corner belongs to exactly one face")
    func borders() {
        let land = field()
        for place in [
            point(1, 0), point(1, 1), LatticePoint(x: point(1, 0).x, y: point(1, 0).y + 4_321),
            LatticePoint(x: point(0, 1).x + 1_234, y: point(0, 1).y),
        ] {
            #expect(land.faces.values.filter { $0.contains(place) }.count == 1)
        }
    }

    @Test("On crooked borders too, every corner of the lattice belongs to exactly one face")
    func crookedBorders() throws {
        var land = field()
        try land.insert(
            LatticePoint(x: point(1, 0).x + 7, y: point(1, 0).y + 3_333), between: point(1, 0), and: point(1, 1))
        try land.move(point(1, 1), to: LatticePoint(x: point(1, 1).x - 137, y: point(1, 1).y + 71))
        try land.check()
        for dx in -200...10 {
            for y in stride(from: Int64(1), to: 20_000, by: 137) {
                let place = LatticePoint(x: point(1, 0).x + Int64(dx), y: point(1, 0).y + y)
                #expect(land.faces.values.filter { $0.contains(place) }.count == 1)
            }
        }
    }

    @Test("Adding and taking away a corner happens on both sides")
    func insertAndRemove() throws {
        var land = field()
        let new = LatticePoint(x: point(1, 0).x + 500, y: point(1, 0).y + 5_000)
        #expect(try land.insert(new, between: point(1, 0), and: point(1, 1)) == [1, 2])
        try land.check()
        #expect(try land.remove(new) == [1, 2])
        try land.check()
        #expect(land.faces == field().faces)
    }

    @Test("A split gives two faces of the same land, and a merger gives it back")
    func splitAndMerge() throws {
        var land = field()
        let line = [
            Position(lon: 113.004, lat: 34.0001), Position(lon: 113.005, lat: 34.005),
            Position(lon: 113.004, lat: 34.0101),
        ]
        let changed = try land.split(1, along: line, into: (10, 11))
        // The neighbour above got the new corner too.
        #expect(changed.contains(3))
        try land.check()
        #expect(land.faces[1] == nil)
        let sizes = [10, 11].map { land.faces[Int64($0)]?.rings[0].doubledSize ?? 0 }
        #expect(sizes.allSatisfy { $0 > 0 })
        #expect(sizes.reduce(0, +) == square(0, 0).doubledSize)
        try land.merge([10, 11], into: 12)
        try land.check()
        #expect(land.faces[12]?.rings[0].doubledSize == square(0, 0).doubledSize)
        #expect(fault { try land.merge([12, 4], into: 13) }?.kind == .notNeighbours)
        #expect(
            fault {
                try land.split(
                    2, along: [Position(lon: 113.015, lat: 34.005), Position(lon: 113.016, lat: 34.005)], into: (20, 21)
                )
            }?.kind == .notAcross)
    }

    @Test("The outline of all faces is the land's own")
    func outline() throws {
        guard case .polygon(let polygon)? = field().outline(of: [1, 2, 3, 4]) else {
            Issue.record("no polygon")
            return
        }
        #expect(polygon.outline.count == 4)
        #expect(polygon.holes.isEmpty)
        #expect(abs(polygon.size - 0.0004) < 1e-12)
    }

    @Test("Outlines that were drawn apart are joined when they are within reach")
    func joining() throws {
        func face(_ id: Int64, _ west: Double, _ extra: Bool) -> Coverage.Face {
            var ring = [Position(lon: west, lat: 34), Position(lon: west + 0.01, lat: 34)]
            if extra { ring.append(Position(lon: west + 0.01, lat: 34.004)) }
            ring += [Position(lon: west + 0.01, lat: 34.01), Position(lon: west, lat: 34.01)]
            return Coverage.Face(id: id, areas: [Polygon(outline: ring)].compactMap(\.self))
        }
        let apart = [face(1, 113, true), face(2, 113.010004, false)]
        #expect(fault { try Coverage(apart).check() } != nil || Coverage(apart).outline(of: [1, 2])?.areas.count == 2)
        let joined = Coverage(joining: apart, reach: 1)
        try joined.check()
        #expect(joined.outline(of: [1, 2])?.areas.count == 1)
    }

    @Test("Random moves leave the land whole, or are refused")
    func randomMoves() throws {
        let seconds = ProcessInfo.processInfo.environment["ZHILI_FUZZ_SECONDS"].flatMap(Double.init) ?? 0.5
        let end = Date().addingTimeInterval(seconds)
        var land = Coverage(
            (Int64(0)..<25).map { number in Coverage.Face(id: number, rings: [square(number % 5, number / 5)]) })
        while Date() < end {
            var next = land
            let corner = try #require(Array(next.corners).randomElement())
            let to = LatticePoint(x: corner.x + .random(in: -9_000...9_000), y: corner.y + .random(in: -9_000...9_000))
            do {
                try next.move(corner, to: to)
                try next.check()
            } catch { continue }
            land = next
            // Proof by counting: every sampled place inside is in one face, every one outside in none.
            for _ in 0..<20 {
                let place = LatticePoint(
                    x: 113_000_000 + .random(in: -20_000...70_000), y: 34_000_000 + .random(in: -20_000...70_000))
                #expect(land.faces.values.filter { $0.contains(place) }.count <= 1)
            }
        }
    }
}
