package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// machine checks that what the stages name on this machine is there: programs
// that verify, and files with tokens. Their content may change later.
func (k *checker) machine(stages []stage.Stage) {
	for _, st := range stages {
		at := "stages." + st.Name
		for j, c := range st.Verify {
			check := fmt.Sprintf("%s.verify[%d]", at, j)
			if c.Command != nil && len(c.Command.Argv) > 0 {
				k.program(check+".command.argv", c.Command.Argv[0])
			}
			if c.Prometheus != nil {
				k.token(check+".prometheus.tokenFile", c.Prometheus.TokenFile)
			}
		}
		k.token(at+".gitops.tokenFile", st.GitOps.TokenFile)
	}
}

func (k *checker) program(path, name string) {
	_, err := exec.LookPath(name)
	switch {
	case name == "" || err == nil:
	case errors.Is(err, fs.ErrPermission):
		k.add(path, fmt.Sprintf("%s cannot be executed by the user of terraced", name), "chmod +x it, or name another")
	default:
		k.add(path, fmt.Sprintf("there is no program %s on this machine", name), "install it, or write the path that it has")
	}
}

func (k *checker) token(path, file string) {
	if file == "" {
		return
	}
	f, err := os.Open(file)
	if err == nil {
		defer func() { _ = f.Close() }() // was not even read
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return
		}
		k.add(path, fmt.Sprintf("%s is no file", file), "name the file with the token")
		return
	}
	if errors.Is(err, fs.ErrPermission) {
		k.add(path, fmt.Sprintf("the user of terraced may not read %s", file), "let it read the file")
		return
	}
	k.add(path, fmt.Sprintf("there is no file %s on this machine", file), "write the token into it, or name the file that has it")
}
