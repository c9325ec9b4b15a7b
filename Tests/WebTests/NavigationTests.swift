import Kernel
import Testing

@testable import Web

@Suite("The rail and its tabs")
struct NavigationTests {
    private static let fire = Permission("test.fire", [.officer])
    private static let own = Permission("test.own", [.owner])
    private let navigation = Navigation(
        [
            NavigationItem("/sites", key: "sites", icon: "s", needs: fire, order: 2),
            NavigationItem("/mine", key: "mine", icon: "m", needs: own, order: 1),
            NavigationItem("/alarms", key: "alarms", icon: "a", needs: fire, order: 3),
            NavigationItem("/new", key: "new", icon: "n", needs: nil, order: 0),
        ], under: [Navigation.Heading("heading", icon: "h", ["/mine", "/alarms", "/sites"])])

    private func shown(_ role: Role, _ path: String) -> [Navigation.Shown] {
        let caller = Caller(
            id: StaffID(rawValue: 7), username: "x", name: "x", roles: [role], areas: nil, mustChangePassword: false,
            csrf: "", viaToken: true)
        return navigation.shown(to: caller, at: path) { $0 }
    }

    @Test("A heading leads to its first entry that the caller may see, in the heading's order")
    func order() {
        let shown = shown(.officer, "/")
        #expect(shown.map(\.label) == ["heading", "new"])
        #expect(shown[0].href == "/alarms")
        #expect(shown[0].items.map(\.href) == ["/alarms", "/sites"])
    }

    @Test("Where a caller may see one entry alone, it stands there by its own name")
    func single() {
        let shown = shown(.owner, "/mine")
        #expect(shown.map(\.label) == ["mine", "new"])
        #expect(shown[0].icon == "m")
        #expect(shown[0].isCurrent)
    }

    @Test("The page below an entry marks it and its heading; a longer name that merely begins alike does not")
    func current() {
        let below = shown(.officer, "/sites/abc")
        #expect(below[0].isCurrent)
        #expect(below[0].items.map(\.isCurrent) == [false, true])
        #expect(shown(.officer, "/sitesabc").allSatisfy { !$0.isCurrent })
    }

    @Test("An entry that no heading names is not lost")
    func alone() { #expect(navigation.alone == ["/new"]) }
}
