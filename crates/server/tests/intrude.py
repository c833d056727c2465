"""Does to a database what none of our code does: intrude.py FOLDER WHAT ROW [HEX]

`progress` of an application or the sealed `report` of what is held gets other bytes; what stood there is printed.
`hide` takes the table ROW away, `show` brings it back. `pause` makes the next milestone pause its feed, `paused` ends that.
"""

import sqlite3
import sys

WHERE = {"progress": ("application", "progress"), "report": ("held", "report")}
DOES = {
    "pause": "CREATE TRIGGER pause AFTER INSERT ON milestone BEGIN UPDATE feed SET state = 'paused'; END",
    "paused": "DROP TRIGGER pause",
    "hide": "ALTER TABLE {row} RENAME TO hidden_{row}",
    "show": "ALTER TABLE hidden_{row} RENAME TO {row}",
}

folder, what, row, *rest = sys.argv[1:]
database = sqlite3.connect(f"{folder}/jindu.db", timeout=30)
with database:
    if what in DOES:
        database.execute(DOES[what].format(row=row))
    else:
        table, column = WHERE[what]
        ((before,),) = database.execute(f"SELECT {column} FROM {table} WHERE id = ?", (row,)).fetchall()
        database.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (bytes.fromhex(rest[0]), row))
        print(before.hex())
database.close()
