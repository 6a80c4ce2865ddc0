package confine

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// measuredDisk is how often folders are looked through at most, and diskShare how
	// much longer a look is waited for than it took.
	measuredDisk = 500 * time.Millisecond
	diskShare    = 20
	// leastFile is what a file counts for at least, in bytes: empty ones fill a disk, too.
	leastFile = 4 << 10
	// tooFull is how many times the bound may be reached by who was asked to stop.
	tooFull = 2
)

// Folders are those that a tree of processes writes into, with what may be in all of
// them together, in bytes; 0 is no bound.
type Folders struct {
	Disk  int64
	Paths []string
}

// Watch looks through the folders until done is closed. Who fills them over the bound
// is told with an *Overrun as the cause, so that it can stop in order; who goes on to
// fill them is ended.
func (f Folders) Watch(tree Tree, done <-chan struct{}, exceed context.CancelCauseFunc) {
	if f.Disk == 0 || len(f.Paths) == 0 {
		return
	}
	timer := time.NewTimer(measuredDisk)
	defer timer.Stop()
	for {
		select {
		case <-done:
			return
		case <-timer.C:
		}
		began := time.Now()
		switch used := f.used(tooFull * f.Disk); {
		case used > tooFull*f.Disk:
			exceed(f.overrun())
			tree.Kill()
			return
		case used > f.Disk:
			exceed(f.overrun())
		}
		timer.Reset(max(measuredDisk, diskShare*time.Since(began)))
	}
}

func (f Folders) overrun() error {
	return &Overrun{What: fmt.Sprintf("it wrote more than %s into its folders", Size(f.Disk)), Limit: "disk"}
}

// used is what the files in the folders take of the disk; the count ends above most.
// What goes meanwhile does not count.
func (f Folders) used(most int64) (total int64) {
	type file struct{ device, inode uint64 }
	linked := map[file]bool{}
	for _, root := range f.Paths {
		_ = filepath.WalkDir(root, func(_ string, entry fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // it is gone, or hidden from us, too
			}
			info, err := entry.Info()
			if err != nil {
				return nil //nolint:nilerr // it is gone
			}
			stat, ok := info.Sys().(*syscall.Stat_t)
			if !ok {
				return nil
			}
			if stat.Nlink > 1 && !entry.IsDir() {
				id := file{uint64(stat.Dev), stat.Ino} //nolint:unconvert // its width is the platform's
				if linked[id] {
					return nil
				}
				linked[id] = true
			}
			if total += max(stat.Blocks*blockSize, leastFile); total > most {
				return fs.SkipAll
			}
			return nil
		})
	}
	return total
}

// blockSize is the unit of st_blocks, whatever the file system's is.
const blockSize = 512
