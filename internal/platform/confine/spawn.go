package confine

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// order asks to start a program. Its standard streams come with it, and the gate.
type order struct {
	Path string
	Args []string
	Env  []string
	Dir  string
}

// answer tells what was started, or why nothing was.
type answer struct {
	PID   int
	Error string
}

const (
	// spawns is what a program is called that starts others for its parent.
	spawns = "terrace-spawn"
	// connection is what its parent gives it.
	connection = 3
	// carried are the files that come with an order.
	carried = 4
	// gateway is where a program that is started finds the gate.
	gateway = 3
)

// ahead is how many bytes go before a text: its length.
const ahead = 4

// message is a text with its length.
func message(text []byte) []byte {
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, ahead+len(text)), uint32(len(text))), text...)
}

// spawn starts what the parent orders, until that has closed the connection or ended.
// What must not stay behind when it was killed is removed then.
func spawn() error {
	r := remains()
	if r.Name == "" {
		return spawning()
	}
	daemon, err := parent()
	if err != nil {
		return err
	}
	err = spawning()
	if dies(daemon) {
		err = errors.Join(err, r.remove())
	}
	return err
}

// spawning starts what is ordered until there are no more orders.
func spawning() error {
	runtime.LockOSThread()
	Punctual()
	unix.CloseOnExec(connection)
	conn, read := os.NewFile(connection, "parent"), make([]byte, usual)
	for {
		o, files, err := next(conn, read)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		a := o.start(files)
		for _, f := range files {
			_ = f.Close() // who was started has it
		}
		text, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if _, err := conn.Write(text); err != nil {
			return err
		}
	}
}

// usual is how long most orders are.
const usual = 16 << 10

// next reads an order, most of them at once. It is io.EOF when there are no more.
func next(conn *os.File, read []byte) (o order, files []*os.File, err error) {
	rights := make([]byte, unix.CmsgSpace(carried*4))
	n, with, _, _, err := unix.Recvmsg(connection, read, rights, unix.MSG_CMSG_CLOEXEC)
	for errors.Is(err, unix.EINTR) {
		n, with, _, _, err = unix.Recvmsg(connection, read, rights, unix.MSG_CMSG_CLOEXEC)
	}
	if err != nil || n == 0 {
		return o, nil, errors.Join(err, io.EOF)
	}
	if files, err = received(rights[:with]); err != nil {
		return o, nil, err
	}
	if n < ahead {
		if _, err := io.ReadFull(conn, read[n:ahead]); err != nil {
			return o, nil, err
		}
		n = ahead
	}
	text := slices.Grow(read[ahead:n], int(binary.BigEndian.Uint32(read)))[:binary.BigEndian.Uint32(read)]
	if _, err := io.ReadFull(conn, text[n-ahead:]); err != nil {
		return o, nil, err
	}
	return o, files, json.Unmarshal(text, &o)
}

// received are the files that came with an order.
func received(rights []byte) (files []*os.File, err error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil, fmt.Errorf("read an order: %w", err)
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return nil, fmt.Errorf("read an order: %w", err)
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), ""))
		}
	}
	return files, nil
}

// start starts the program as a child of the parent, which waits for it and ends it.
func (o order) start(files []*os.File) answer {
	attr := confining()
	attr.Setsid, attr.Pdeathsig = true, syscall.SIGKILL
	attr.Cloneflags |= unix.CLONE_PARENT
	p, err := os.StartProcess(o.Path, o.Args, &os.ProcAttr{Dir: o.Dir, Env: slices.Concat([]string{}, o.Env), Files: files, Sys: attr})
	if err != nil {
		return answer{Error: err.Error()}
	}
	pid := p.Pid
	_ = p.Release() // it is the parent's
	return answer{PID: pid}
}
