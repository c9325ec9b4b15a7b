import Kernel
import Storage

/// Floor plans: one picture a site, re-encoded and small, so it lies in the store and goes where the store goes.
enum PlanStore {
    static func save(_ site: SiteID, jpeg: [UInt8], at now: Instant, in db: any Writing) throws {
        try db.execute(
            """
            INSERT INTO site_plan (site, jpeg, changed_at) VALUES (\(site), \(jpeg), \(now))
            ON CONFLICT (site) DO UPDATE SET jpeg = excluded.jpeg, changed_at = excluded.changed_at
            """)
        try SiteStore.setPlan(site, name: String(now.ms), in: db)
    }

    static func read(_ site: SiteID, in db: any Reading) throws -> [UInt8]? {
        try db.value([UInt8].self, "SELECT jpeg FROM site_plan WHERE site = \(site)")
    }
}
