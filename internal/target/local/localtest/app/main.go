// Command app is the service that the local target's tests run. It behaves as
// its environment says.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	fmt.Println("app", os.Getenv("TERRACE_RELEASE_VERSION"), "starts, secret", os.Getenv("SECRET"))
	if code := os.Getenv("EXIT"); code != "" {
		n, _ := strconv.Atoi(code)
		fmt.Fprintln(os.Stderr, "cannot go on")
		os.Exit(n)
	}
	if _, err := os.Stat(os.Getenv("BROKEN")); err == nil {
		os.Exit(3)
	}
	if os.Getenv("CHILD") != "" {
		child := exec.Command("sleep", "1000")
		if err := child.Start(); err != nil {
			log.Fatal(err)
		}
		fmt.Println("child", child.Process.Pid)
	}
	if os.Getenv("STUBBORN") != "" {
		signal.Ignore(syscall.SIGTERM)
	}
	var sick, hiccup atomic.Bool
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		env := map[string]string{}
		for _, entry := range os.Environ() {
			name, value, _ := strings.Cut(entry, "=")
			env[name] = value
		}
		_ = json.NewEncoder(w).Encode(env)
	})
	http.HandleFunc("/file/", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, strings.TrimPrefix(r.URL.Path, "/file/"))
	})
	http.HandleFunc("/write/", func(_ http.ResponseWriter, r *http.Request) {
		_ = os.WriteFile(strings.TrimPrefix(r.URL.Path, "/write/"), []byte("kept"), 0o600)
	})
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if d, err := time.ParseDuration(os.Getenv("SLOW")); err == nil {
			time.Sleep(d)
		}
		if sick.Load() || hiccup.Swap(false) || os.Getenv("SICK") != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("/hiccup", func(http.ResponseWriter, *http.Request) { hiccup.Store(true) })
	http.HandleFunc("/sicken", func(http.ResponseWriter, *http.Request) { sick.Store(true) })
	http.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	http.HandleFunc("/say/", func(_ http.ResponseWriter, r *http.Request) { fmt.Println(strings.TrimPrefix(r.URL.Path, "/say/")) })
	port := os.Getenv("PORT")
	if own := os.Getenv("LISTEN"); own != "" {
		port = own
	}
	if port == "" {
		select {}
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}
