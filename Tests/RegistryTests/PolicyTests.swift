import Kernel
import Testing
import Web

@testable import Registry

@Suite("Who sees what")
struct PolicyTests {
    private func category(_ key: String) throws -> Registry.Category {
        try #require(try CategoryStore.shipped().first { $0.key == key })
    }

    @Test("Of every shipped category nobody sees an identifier plainly, and nobody a child's data")
    func identifiers() throws {
        for category in try CategoryStore.shipped() {
            for role in Role.allCases {
                let viewer = Viewer(roles: [role])
                for field in category.fields {
                    let sight = Policy.sight(of: field, in: category, for: viewer)
                    if field.guard == .identifier { #expect(sight < .plain, "\(category.key) \(field.key) \(role)") }
                    if field.guard != .open {
                        let child = Policy.sight(
                            of: field, in: category, for: viewer,
                            subject: .record(RecordID(rawValue: 1), isChild: true))
                        #expect(child < .plain, "\(category.key) \(field.key) \(role)")
                    }
                }
            }
            for role in [Role.owner, .auditor] { #expect(!Policy.sees(category, Viewer(roles: [role]))) }
        }
    }

    @Test("A purpose opens what is masked and never what is hidden")
    func opening() throws {
        let resident = try category("resident")
        let elderly = try category("elderly")
        let id = RecordID(rawValue: 1)
        let opened = Viewer(roles: [.officer], opened: [id])
        func sight(_ key: String, _ category: Registry.Category) throws -> Sight {
            Policy.sight(
                of: try #require(category.field(key)), in: category, for: opened, subject: .record(id, isChild: false))
        }
        #expect(try sight("idNumber", resident) == .plain)
        #expect(try sight("help", elderly) == .hidden)
        #expect(Policy.sight(of: try #require(resident.field("idNumber")), in: resident, for: opened) == .masked)
    }

    @Test("Lists are neither filtered nor sorted by what is not seen plainly")
    func filters() throws {
        let resident = try category("resident")
        let sex = try #require(resident.field("sex"))
        #expect(Policy.mayFilter(sex, in: resident, for: Viewer(roles: [.clerk])))
        #expect(!Policy.mayFilter(sex, in: resident, for: Viewer(roles: [.officer])))
        #expect(!Policy.maySortByLabel(resident, for: Viewer(roles: [.clerk])), "children are among them")
        let hydrant = try category("hydrant")
        #expect(Policy.maySortByLabel(hydrant, for: Viewer(roles: [.brigade])))
    }

    @Test("Ten records in ten minutes are a sweep, forty a day are enough")
    func unmasking() {
        let now = CivilTime.instant(2026, 11, 24, 9)
        #expect(UnmaskRule.verdict([], now: now) == .granted)
        #expect(UnmaskRule.verdict((0..<10).map { now - $0 * 1_000 }, now: now) == .isSweep)
        #expect(UnmaskRule.verdict((0..<10).map { now - 700_000 - $0 }, now: now) == .granted)
        #expect(UnmaskRule.verdict((0..<40).map { now - 700_000 - $0 }, now: now) == .dayIsUsed)
    }
}
