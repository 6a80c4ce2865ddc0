package prepared

import "database/sql"

// MakeSlow has the statements that a connection keeps be known to be slow.
func MakeSlow(on *sql.Conn) error {
	return raw(on, func(c *conn) error {
		for _, s := range c.kept {
			s.slow = true
		}
		return nil
	})
}
