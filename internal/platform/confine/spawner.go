package confine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Spawner starts programs in their places by a small process of the helper, which
// lives as long as it is needed: to make namespaces the kernel copies the tables of
// memory of who asks, and those of a daemon are large. What it starts are children of
// this process all the same.
type Spawner struct {
	// Helper is the program that makes the places, see Place.
	Helper string
	// Remains are what it removes when this process is killed.
	Remains Remains

	mu sync.Mutex
	// small is the process; nil until it is needed.
	small *small
}

// spawnPatience is how long the small process may take to start a program.
const spawnPatience = 30 * time.Second

// small is the process that starts others.
type small struct {
	conn *net.UnixConn
	cmd  *exec.Cmd
	// dropped is closed when nobody asks it any more, ended when it has ended after that.
	dropped, ended chan struct{}
	// thread is the one that began it, the parent of it and of all that it starts. Until
	// it has ended the thread starts nothing else.
	thread int
	// known are processes of the thread that somebody waits for.
	known map[int]bool
}

// Start starts cmd in the place, in a session of its own; stdout and stderr have to be
// files. The program begins after before was called, and never where that fails or
// this process ends meanwhile. To wait for it is the caller's, who tells it when to
// stop: the context of cmd does not.
func (s *Spawner) Start(p Place, cmd *exec.Cmd, before func(pid int) error) error {
	p.Helper, p.gated = s.Helper, true
	if err := p.Confine(cmd); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.start(cmd, before)
	if errors.Is(err, errSpawner) { // it was ended from outside; what it began never goes past the gate
		err = s.start(cmd, before)
	}
	return err
}

// errSpawner says that the small process did not answer.
var errSpawner = errors.New("the process that starts others does not answer")

func (s *Spawner) start(cmd *exec.Cmd, before func(pid int) error) error {
	gate, open, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	defer func() { _ = errors.Join(gate.Close(), open.Close()) }() // nothing is lost with them
	pid, err := s.ask(cmd, gate)
	if err != nil {
		return err
	}
	if cmd.Process, err = os.FindProcess(pid); err != nil {
		return err
	}
	if err = before(pid); err == nil {
		_, err = open.Write([]byte{1})
	}
	if err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	return nil
}

// ask has the small process start cmd, which waits at the gate.
func (s *Spawner) ask(cmd *exec.Cmd, gate *os.File) (pid int, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer func() { _ = null.Close() }() // it was only read
	files := []*os.File{null}
	for _, stream := range []any{cmd.Stdout, cmd.Stderr} {
		f, ok := stream.(*os.File)
		if !ok {
			return 0, errors.New("what is started in a place writes into files")
		}
		files = append(files, f)
	}
	if s.small == nil {
		if s.small, err = begin(s.Helper, s.Remains); err != nil {
			return 0, err
		}
	}
	if cmd.Env == nil {
		cmd.Env = []string{} // not the one of this process
	}
	// Environ keeps the last of each variable: programs differ in which they would take.
	answer, err := s.small.ask(order{Path: cmd.Path, Args: cmd.Args, Env: cmd.Environ(), Dir: cmd.Dir}, append(files, gate))
	if err != nil {
		s.drop()
		return 0, fmt.Errorf("%w: %w", errSpawner, err)
	}
	if answer.Error != "" {
		s.small.bury()
		return 0, errors.New(answer.Error)
	}
	s.small.know(answer.PID)
	return answer.PID, nil
}

// begin starts the small process. What it starts are children of the thread that
// does this, which lives as long as it.
func begin(helper string, remains Remains) (*small, error) {
	ours, theirs, err := pair()
	if err != nil {
		return nil, err
	}
	conn, err := net.FileConn(ours)
	_ = ours.Close() // the connection has its own
	if err != nil {
		return nil, errors.Join(err, theirs.Close())
	}
	cmd := exec.CommandContext(context.Background(), cmp.Or(helper, "/proc/self/exe"))
	cmd.Args, cmd.Env, cmd.Dir, cmd.ExtraFiles = []string{spawns}, append(remains.environ(), "GOMAXPROCS=1"), "/", []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	began, p := make(chan error), &small{conn: conn.(*net.UnixConn), cmd: cmd, dropped: make(chan struct{}), ended: make(chan struct{}), known: map[int]bool{}}
	go func() {
		// The thread must outlive this goroutine: others may have started processes
		// from it before, which would die with it. So it is unlocked in the end.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.ended)
		p.thread = unix.Gettid()
		p.know(p.children()...)
		err := cmd.Start()
		if began <- err; err != nil {
			return
		}
		_ = cmd.Wait() // whoever asks it next finds out
		<-p.dropped
		p.bury()
	}()
	err = <-began
	_ = theirs.Close() // the process has it now
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return p, nil
}

// pair are the ends of a connection.
func pair() (ours, theirs *os.File, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a connection: %w", err)
	}
	if err := unix.SetNonblock(ends[1], false); err != nil {
		return nil, nil, errors.Join(err, unix.Close(ends[0]), unix.Close(ends[1]))
	}
	return os.NewFile(uintptr(ends[0]), "spawner"), os.NewFile(uintptr(ends[1]), "spawns"), nil
}

// ask sends an order with its files and waits for the answer.
func (p *small) ask(o order, files []*os.File) (a answer, err error) {
	fds := make([]int, len(files))
	for i, f := range files {
		fds[i] = int(f.Fd()) // pipes of a child block anyway
	}
	text, err := json.Marshal(o)
	if err != nil {
		return a, err
	}
	if err := p.conn.SetDeadline(time.Now().Add(spawnPatience)); err != nil {
		return a, err
	}
	if err := p.send(message(text), unix.UnixRights(fds...)); err != nil {
		return a, err
	}
	return a, json.NewDecoder(p.conn).Decode(&a)
}

// send writes a message, with what comes with its begin.
func (p *small) send(text, rights []byte) error {
	n, _, err := p.conn.WriteMsgUnix(text, rights, nil)
	if err == nil && n < len(text) {
		_, err = p.conn.Write(text[n:])
	}
	return err
}

// drop ends the small process, which may be stuck; the next start has another.
func (s *Spawner) drop() {
	_ = errors.Join(s.small.conn.Close(), s.small.cmd.Process.Kill()) // it has ended, or ends now
	close(s.small.dropped)
	<-s.small.ended
	s.small = nil
}

// Close ends the small process. What it started goes on.
func (s *Spawner) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.small != nil {
		s.drop()
	}
}
