package azuresim

import (
	"cmp"
	"log/slog"
	"time"
)

// Config says where the simulator lives and listens. The zero Config is one in memory on free ports.
type Config struct {
	// Data is the folder that keeps everything; "" keeps it in memory, and the CA in a
	// temporary folder that goes with the server.
	Data string
	// Listen and Proxy are addresses on loopback, "127.0.0.1:0" when empty.
	Listen, Proxy string
	// Announce is the folder where the server says that it runs, for `terrace azure-sim`; "" is
	// its data folder.
	Announce string
	Log      *slog.Logger
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:0")
	c.Proxy = cmp.Or(c.Proxy, "127.0.0.1:0")
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
