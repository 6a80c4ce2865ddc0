package confine

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Remains are files that must not stay behind when this process is killed: the small
// process removes them then. One that never was started removes none.
type Remains struct {
	// Folder has folders, in each of which a file called Name may be. It is absolute.
	Folder, Name string
	// Lock is a file that whoever may make such files holds, by flock: where a next
	// process has it already, they are its own.
	Lock string
}

const (
	// deathPatience is how long the small process waits for the end of a parent that has
	// closed the connection.
	deathPatience = 10 * time.Second
	// lastWrites is how long what the parent started may still write: it is killed, too.
	lastWrites = 200 * time.Millisecond
	// remainsVariable has the remains as JSON.
	remainsVariable = "TERRACE_REMAINS"
)

func (r Remains) environ() []string {
	text, err := json.Marshal(r)
	if err != nil || r.Name == "" {
		return nil
	}
	return []string{remainsVariable + "=" + string(text)}
}

// remains are those that the parent told of.
func remains() (r Remains) {
	_ = json.Unmarshal([]byte(os.Getenv(remainsVariable)), &r) // there may be none
	return r
}

// parent is the process that started this one.
func parent() (fd int, err error) {
	pid := os.Getppid()
	if fd, err = unix.PidfdOpen(pid, 0); err == nil && os.Getppid() != pid {
		err = errors.Join(errors.New("the parent has ended already"), unix.Close(fd))
	}
	return fd, err
}

// dies waits for the end of a process, and reports whether it came.
func dies(fd int) bool {
	deadline := time.Now().Add(deathPatience)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(time.Until(deadline).Milliseconds()))
		if !errors.Is(err, unix.EINTR) {
			return err == nil && n == 1
		}
	}
}

// remove removes the files, unless a next process works where they are.
func (r Remains) remove() error {
	lock, err := os.OpenFile(r.Lock, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // which frees it
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return err
	}
	time.Sleep(lastWrites)
	folders, err := os.ReadDir(r.Folder)
	for _, f := range folders {
		if gone := os.Remove(filepath.Join(r.Folder, f.Name(), r.Name)); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
