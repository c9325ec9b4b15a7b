import Places
import Web

/// What the rooms show on the map at this moment.
struct LayerBook: Sendable {
    let fixed: [any MapLayer]
    let categories: @Sendable () -> [any MapLayer]

    /// All of them, the lowest first.
    var all: [any MapLayer] { categories() + fixed }

    /// The one of that name.
    func named(_ name: String) -> (any MapLayer)? {
        fixed.first { $0.name == name } ?? categories().first { $0.name == name }
    }

    /// Those that a caller may see.
    func visible(to caller: Caller) -> [any MapLayer] { all.filter { $0.isVisible(to: caller) } }
}
