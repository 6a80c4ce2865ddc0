// Command terraced is the Terrace daemon: the whole platform in one process.
// It owns nothing but the process; internal/app/appcli has the commands.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/terrace-idp/terrace/internal/app/appcli"
	"github.com/terrace-idp/terrace/internal/platform/confine"
	"github.com/terrace-idp/terrace/internal/platform/heap"
)

// version is set by the linker.
var version = "dev"

func main() {
	confine.Enter() // a helper goes no further
	if err := confine.NoCore(); err != nil {
		fmt.Fprintln(os.Stderr, "terraced:", err)
		os.Exit(1)
	}
	unhurried()
	os.Exit(heap.Rarely(run))
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return appcli.Run(ctx, version, os.Args[1:], os.Stdout, os.Stderr)
}
