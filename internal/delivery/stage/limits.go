package stage

import (
	"fmt"
	"time"
)

// Limits bound what a run of the stage may take, with all that it starts. 0 is the
// limit of the installation.
type Limits struct {
	// Memory is in MiB; what processes share counts for each.
	Memory int `json:"memory,omitempty" yaml:"memory,omitempty" koanf:"memory"`
	// Processes is how many there may be at once.
	Processes int `json:"processes,omitempty" yaml:"processes,omitempty" koanf:"processes"`
	// Disk is what may be in the folders of one command of terraform, in MiB.
	Disk int `json:"disk,omitempty" yaml:"disk,omitempty" koanf:"disk"`
	// Output is what one command of terraform may print, in MiB.
	Output int `json:"output,omitempty" yaml:"output,omitempty" koanf:"output"`
	// Time is how long one command of terraform may take.
	Time Duration `json:"time,omitzero" yaml:"time,omitempty" koanf:"time"`
}

// The least that terraform and a provider can work with, and the most that makes sense.
const (
	leastMemory    = 128
	leastProcesses = 8
	leastDisk      = 256
	leastTime      = time.Second
	mostTime       = 7 * 24 * time.Hour
)

func (c *checker) limits(path string, l Limits) {
	if l.Memory != 0 && l.Memory < leastMemory {
		c.add(path+".memory", fmt.Sprintf("%d MiB is not enough for terraform and a provider", l.Memory), fmt.Sprintf("use at least %d, or leave it out", leastMemory))
	}
	if l.Processes != 0 && l.Processes < leastProcesses {
		c.add(path+".processes", fmt.Sprintf("%d is not enough for terraform and its providers", l.Processes), fmt.Sprintf("use at least %d, or leave it out", leastProcesses))
	}
	if l.Disk != 0 && l.Disk < leastDisk {
		c.add(path+".disk", fmt.Sprintf("%d MiB is not enough for modules, providers and a plan", l.Disk), fmt.Sprintf("use at least %d, or leave it out", leastDisk))
	}
	if l.Output < 0 {
		c.add(path+".output", fmt.Sprintf("%d MiB is not possible", l.Output), "use at least 1, or leave it out")
	}
	if time := time.Duration(l.Time); time != 0 && (time < leastTime || time > mostTime) {
		c.add(path+".time", fmt.Sprintf("%s is not possible", l.Time), "use a time from 1s to 168h, or leave it out")
	}
}
