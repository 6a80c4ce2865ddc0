package prepared

import (
	"context"
	"database/sql/driver"
	"fmt"

	"modernc.org/sqlite"
)

// Connector opens connections of SQLite that keep their statements compiled.
type Connector struct{ driver.Connector }

// NewConnector returns one for the data source of modernc.org/sqlite.
func NewConnector(source string) (Connector, error) {
	c, err := sqlite.NewConnector(source)
	if err != nil {
		return Connector{}, fmt.Errorf("open sqlite: %w", err)
	}
	return Connector{c}, nil
}

// Connect opens a connection.
func (c Connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	plain, ok := opened.(connection)
	if !ok {
		_ = opened.Close() // nothing was done with it
		return nil, fmt.Errorf("open sqlite: a connection of type %T cannot keep statements", opened)
	}
	made := &conn{connection: plain, kept: map[string]*statement{}}
	hooks, ok := opened.(sqlite.HookRegisterer)
	if !ok {
		_ = opened.Close() // nothing was done with it
		return nil, fmt.Errorf("open sqlite: a connection of type %T does not tell that a transaction is undone", opened)
	}
	hooks.RegisterRollbackHook(made.undone)
	return made, nil
}
