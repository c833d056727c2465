//! Somebody who writes into the database behind our back: a failing disk, an administrator.

use super::FreshDatabase;

impl FreshDatabase {
    /// Puts bytes into the `progress` of an application or the sealed `report` of what is held; gives what stood there.
    #[must_use]
    pub fn overwrite(&self, what: &str, row: u32, bytes: &str) -> String {
        let table = if what == "progress" { "application" } else { "held" };
        let before = self.bytes(&format!("SELECT {what} FROM {table} WHERE id = {row}")).unwrap();
        let bytes = self.blob(bytes);
        self.execute(&format!("UPDATE {table} SET {what} = {bytes} WHERE id = {row}"));
        before.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Takes a table away.
    pub fn hide(&self, table: &str) {
        self.execute(&format!("ALTER TABLE {table} RENAME TO hidden_{table}"));
    }

    /// Brings it back.
    pub fn show(&self, table: &str) {
        self.execute(&format!("ALTER TABLE hidden_{table} RENAME TO {table}"));
    }

    /// The next milestone pauses its feed, as somebody would in another process.
    pub fn pause_at_the_next_milestone(&self) {
        let pause = "UPDATE feed SET state = 'paused'";
        self.execute(&match self.address() {
            None => format!("CREATE TRIGGER pause AFTER INSERT ON milestone BEGIN {pause}; END"),
            Some(_) => format!(
                "CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql
                    AS $body$ BEGIN {pause}; RETURN NULL; END $body$;
                CREATE TRIGGER pause AFTER INSERT ON milestone FOR EACH ROW EXECUTE FUNCTION pause()"
            ),
        });
    }

    /// No milestone pauses its feed any more.
    pub fn pause_no_more(&self) {
        let trigger = self.address().map_or("pause", |_| "pause ON milestone");
        self.execute(&format!("DROP TRIGGER {trigger}"));
    }

    /// How often something stands in the log of changes.
    #[must_use]
    pub fn noted(&self, action: &str) -> i64 {
        self.int(&format!("SELECT count(*) FROM audit WHERE action = '{action}'"))
    }

    /// Takes the later half of what a server has of the record of inquiries.
    pub fn cut_inquiries(&self) {
        self.execute(
            "DELETE FROM inquiry_frame WHERE at > (SELECT (min(at) + max(at)) / 2 FROM inquiry_frame)",
        );
    }

    /// The newest change that is in the log was made by somebody else.
    pub fn forge_newest_change(&self) {
        self.execute("UPDATE audit SET actor = 'somebody' WHERE leaf = (SELECT max(leaf) FROM audit)");
    }

    /// How many rows a table has.
    #[must_use]
    pub fn rows_of(&self, table: &str) -> i64 {
        self.int(&format!("SELECT count(*) FROM {table}"))
    }

    /// Another server has all leases now.
    pub fn take_leases(&self) {
        self.execute(&format!("UPDATE lease SET holder = {}, beat = 7", self.blob("01")));
    }

    /// What servers told each other, in hexadecimal (on PostgreSQL).
    #[must_use]
    pub fn told_spent(&self) -> Vec<String> {
        self.rows("SELECT encode(frame, 'hex') FROM spent").concat()
    }

    /// How many applications and milestones there are; none where there are no tables yet.
    #[must_use]
    pub fn applications_and_milestones(&self) -> i64 {
        let tables = match &self.address() {
            None => "SELECT count(*) FROM sqlite_master WHERE name = 'milestone'",
            Some(_) => "SELECT count(*) FROM pg_class WHERE relname = 'milestone'",
        };
        if !self.is_used() || self.int(tables) == 0 {
            return 0;
        }
        self.int("SELECT (SELECT count(*) FROM application) + (SELECT count(*) FROM milestone)")
    }
}
