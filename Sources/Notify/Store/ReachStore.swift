import Kernel
import Storage

/// What people have given beside their phones for being told.
enum ReachStore {
    /// Where somebody is told by a way; `nil` where the person has not given it.
    static func address(of staff: StaffID, _ channel: Channel, in db: any Reading) throws -> String? {
        if channel == .push {
            return try PushStore.devices(of: staff, in: db).isEmpty ? nil : staff.description
        }
        return try db.value(
            String.self, "SELECT address FROM reach_address WHERE staff = \(staff) AND channel = \(channel)")
    }

    /// Keeps an address, or forgets it where it is empty.
    static func set(_ address: String, of staff: StaffID, _ channel: Channel, in db: any Writing) throws {
        guard !address.isEmpty else {
            try db.execute("DELETE FROM reach_address WHERE staff = \(staff) AND channel = \(channel)")
            return
        }
        try db.execute(
            """
            INSERT INTO reach_address (staff, channel, address) VALUES (\(staff), \(channel), \(address))
            ON CONFLICT (staff, channel) DO UPDATE SET address = excluded.address
            """)
    }
}
