package fault_test

import (
	"fmt"
	"strconv"
)

// metered checks that each run which has ended is metered once: after kills in the middle
// of metering, too, for it is done at each start.
func (c *checks) metered(runs []run) {
	c.t.Helper()
	ended := 0
	for _, r := range runs {
		if r.terminal() {
			ended++
		}
	}
	metered := func() int {
		n, err := strconv.Atoi(c.evidence.rows("SELECT CAST(COALESCE(SUM(quantity), 0) AS TEXT) FROM usage_hours WHERE metric = 'runs' AND project = ?", c.project)[0][0])
		c.must(err)
		return n
	}
	c.eventually("all runs that have ended are metered", func() (string, bool) {
		n := metered()
		return fmt.Sprintf("%d of %d", n, ended), n >= ended
	})
	if n := metered(); n != ended {
		c.fail(&c.twice, "%d runs are metered, and %d have ended", n, ended)
	}
}
