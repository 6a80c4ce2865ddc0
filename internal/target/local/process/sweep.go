package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Sweep kills the processes that carry marker, which earlier launchers have left
// behind; call it before a launcher is made. It returns how many it has killed.
// Only processes of the same user are seen.
func Sweep(marker string) int {
	entry := []byte(Marker + "=" + marker + ".")
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	killed := 0
	for _, path := range environs {
		env, err := os.ReadFile(path)
		if err != nil || !contains(env, entry) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && pid != os.Getpid() && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}

// contains reports whether a variable of env begins with entry.
func contains(env, entry []byte) bool {
	return bytes.HasPrefix(env, entry) || bytes.Contains(env, append([]byte{0}, entry...))
}
