import Storage
import Testing

@testable import Places
@testable import TownMap

@Suite("Where an address is")
struct AddressTests {
    @Test("An address lies in the smallest area that it names; what names none lies nowhere")
    func address() async throws {
        let town = try await SmallTown(.sqlite)
        let map = town.room.index.map
        func name(_ text: String) -> String? {
            TownMapRoom.area(addressed: text, on: map).map { map.name(of: $0.id) }
        }
        #expect(name("甲村一社12号") == "甲村一社")
        #expect(name("试验镇甲村一社2号网格3排") == "甲村一社2号")
        #expect(name("甲村东头") == "甲村")
        #expect(name("乙村一社") == nil)
        #expect(name("试验镇") == nil)
        #expect(name("") == nil)
    }
}
