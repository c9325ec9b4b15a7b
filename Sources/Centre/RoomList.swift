import Broadcast
import Cases
import Duty
import FireGuard
import Foundation
import Identity
import Joint
import Notify
import Patrol
import Places
import Plans
import Registry
import Storage
import Summary
import TownMap
import Watch
import Web
import Woodpecker

/// The rooms of the house, before any of them is open.
enum RoomList {
    /// Every step that makes tables, those first on which others lean.
    static func schema() throws -> [Migration] {
        try [
            IdentityRoom.schema(),
            PlacesRoom.schema(),
            CasesRoom.schema(),
            NotifyRoom.schema(),
            FireGuard.schema(),
            Migration.load(room: "web", bundle: WebResources.bundle),
            DutyRoom.schema(),
            BroadcastRoom.schema(),
            WatchRoom.schema(),
            RegistryRoom.schema(),
            TownMapRoom.schema(),
            WoodpeckerRoom.schema(),
            PlansRoom.schema(),
            PatrolRoom.schema(),
            JointRoom.schema(),
        ].flatMap(\.self)
    }

    /// Where templates, words and scripts lie.
    static var resources: [Bundle] {
        [
            WebResources.bundle,
            CasesRoom.resources,
            IdentityRoom.resources,
            NotifyRoom.resources,
            FireGuard.resources,
            PlacesRoom.resources,
            DutyRoom.resources,
            BroadcastRoom.resources,
            WatchRoom.resources,
            RegistryRoom.resources,
            TownMapRoom.resources,
            WoodpeckerRoom.resources,
            SummaryRoom.resources,
            PlansRoom.resources,
            PatrolRoom.resources,
            JointRoom.resources,
            .module,
        ]
    }
}
