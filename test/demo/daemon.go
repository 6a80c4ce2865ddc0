package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// askEvery is how often the daemon is asked whether it is ready.
	askEvery = 20 * time.Millisecond
	// stopPatience is how long it may take to stop.
	stopPatience = 20 * time.Second
)

// daemon is the platform, a child of the demo.
type daemon struct {
	cmd    *exec.Cmd
	folder string
	local  local
	// ended is closed when the process has ended; err says how.
	ended chan struct{}
	err   error
}

// local is what the daemon tells clients on this machine.
type local struct {
	Address string `json:"address"`
	Gateway string `json:"gateway"`
	DNS     string `json:"dns"`
	CA      string `json:"ca"`
}

func startDaemon(binary, folder string) (*daemon, error) {
	d := &daemon{folder: folder, ended: make(chan struct{})}
	log, err := os.Create(d.log())
	if err != nil {
		return nil, fmt.Errorf("make the log: %w", err)
	}
	defer func() { _ = log.Close() }() // the child has its own handle
	d.cmd = exec.Command(binary, "up", "--data", d.data())
	d.cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+d.state())
	d.cmd.Stdout, d.cmd.Stderr = log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the demo, which stops it
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the platform: %w", err)
	}
	go func() {
		d.err = d.cmd.Wait()
		close(d.ended)
	}()
	return d, nil
}

func (d *daemon) data() string  { return filepath.Join(d.folder, "data") }
func (d *daemon) state() string { return filepath.Join(d.folder, "state") }
func (d *daemon) log() string   { return filepath.Join(d.folder, "terraced.log") }

// ready waits until the daemon says where it is and that it is ready.
func (d *daemon) ready(ctx context.Context) error {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the platform does not get ready: %w", ctx.Err())
		case <-d.ended:
			return fmt.Errorf("the platform ended: %w", d.err)
		case <-ticker.C:
			if d.find() && d.isReady(ctx) {
				return nil
			}
		}
	}
}

// find reads the file that the daemon writes for its owner.
func (d *daemon) find() bool {
	b, err := os.ReadFile(filepath.Join(d.state(), "terrace", "local.json"))
	return err == nil && json.Unmarshal(b, &d.local) == nil && d.local.Address != ""
}

func (d *daemon) isReady(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.local.Address+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// stop asks the daemon to end, and kills it and its children if it does not.
func (d *daemon) stop() error {
	select {
	case <-d.ended:
		return nil
	default:
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the platform: %w", err)
	}
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	select {
	case <-d.ended:
		return nil
	case <-timer.C:
		_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL) // its own group, made at the start
		<-d.ended
		return fmt.Errorf("the platform did not stop within %s and was killed", stopPatience)
	}
}
