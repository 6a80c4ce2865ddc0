// Command demo shows the main job of Terrace as a user does it: it starts the
// platform on an empty data directory, scaffolds a service and carries one
// release of it from dev to prod, through the client alone.
//
// It owns the order of the steps and the checks at the end. It knows the
// platform only by its two binaries, its DNS and its gateway.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// stages are where the release goes, in order.
func stages() []string { return []string{"dev", "test", "int", "qs", "prod"} }

func main() {
	var d demo
	bin := flag.String("bin", "bin", "the folder with terraced and terrace")
	flag.StringVar(&d.project, "project", "shop", "the project")
	flag.StringVar(&d.service, "service", "orders", "the service")
	flag.Parse()
	d.terraced, d.terrace = filepath.Join(*bin, "terraced"), filepath.Join(*bin, "terrace")
	d.leave = os.Getenv("DEMO_EXIT") == "1"
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := d.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// demo is one showing.
type demo struct {
	terraced, terrace string
	project, service  string
	leave             bool
	// folder holds everything of the demo and is removed at the end.
	folder   string
	daemon   *daemon
	approver string
	// last is the run that was started last, for when a step fails.
	last    string
	release string
	version string
}

func (d *demo) run(ctx context.Context) (err error) {
	start := time.Now()
	if d.folder, err = os.MkdirTemp("", "terrace-demo-*"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, d.end()) }()
	for _, s := range d.steps() {
		if err := d.step(ctx, s); err != nil {
			return d.blame(ctx, err)
		}
	}
	answers, err := d.checkAll(ctx)
	if err != nil {
		return d.blame(ctx, err)
	}
	fmt.Printf("\nThe same release, %s, answers in all %d stages after %.1fs:\n\n", d.release, len(answers), time.Since(start).Seconds())
	d.printAnswers(answers)
	if d.leave {
		return nil
	}
	d.printWays(answers)
	return d.stay(ctx)
}

// stay keeps the platform up until Ctrl-C, or until it ends by itself.
func (d *demo) stay(ctx context.Context) error {
	fmt.Printf("\nThe platform is up: its API is at %s, with a page about it under /api/docs. The client finds it with\n  export XDG_STATE_HOME=%s TERRACE_PROJECT=%s\nCtrl-C ends it.\n",
		d.daemon.local.Address, d.daemon.state(), d.project)
	select {
	case <-ctx.Done():
		return nil
	case <-d.daemon.ended:
		return fmt.Errorf("the platform ended by itself: %w", d.daemon.err)
	}
}

// end stops the platform, whatever happened before.
func (d *demo) end() error {
	if d.daemon != nil {
		if err := d.daemon.stop(); err != nil {
			return err
		}
	}
	return os.RemoveAll(d.folder)
}
