"""Does to a database what none of our code does: intrude.py FOLDER WHAT ROW [HEX]

`progress` of an application or the sealed `report` of what is held gets other bytes; what stood there is printed.
`pause` makes the next milestone pause its feed, `paused` ends that.
"""

import sqlite3
import sys

WHERE = {"progress": ("application", "progress"), "report": ("held", "report")}
DOES = {
    "pause": "CREATE TRIGGER pause AFTER INSERT ON milestone BEGIN UPDATE feed SET state = 'paused'; END",
    "paused": "DROP TRIGGER pause",
}

folder, what, row, *rest = sys.argv[1:]
database = sqlite3.connect(f"{folder}/jindu.db", timeout=30)
with database:
    if what in DOES:
        database.execute(DOES[what])
    else:
        table, column = WHERE[what]
        ((before,),) = database.execute(f"SELECT {column} FROM {table} WHERE id = ?", (row,)).fetchall()
        database.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (bytes.fromhex(rest[0]), row))
        print(before.hex())
database.close()
