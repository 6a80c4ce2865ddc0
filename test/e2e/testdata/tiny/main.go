// Command tiny is a service that does what the tests tell it by its environment.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-sql-driver/mysql"
)

func main() {
	fmt.Println("tiny starts")
	if why := os.Getenv("TINY_EXIT"); why != "" {
		fmt.Println(why)
		os.Exit(3)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", describe)
	mux.HandleFunc("GET /readyz", ready)
	server := &http.Server{Addr: ":" + os.Getenv("PORT"), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// describe tells what the environment says, and the process that answers.
func describe(w http.ResponseWriter, r *http.Request) {
	answer := map[string]any{
		"service": os.Getenv("TERRACE_SERVICE"), "version": os.Getenv("TERRACE_RELEASE_VERSION"), "release": os.Getenv("TERRACE_RELEASE"),
		"stage": os.Getenv("TERRACE_STAGE"), "pid": os.Getpid(), "cache": map[string]any{"ok": reachable(os.Getenv("CACHE"))},
		"address": os.Getenv("CACHE"), "note": os.Getenv("NOTE"),
	}
	if host := os.Getenv("MYSQL_ADDRESS"); host != "" {
		count, err := visits(r.Context(), host)
		answer["visits"] = count
		if err != nil {
			answer["mysql"] = err.Error()
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func ready(w http.ResponseWriter, _ *http.Request) {
	if why := os.Getenv("TINY_SICK"); why != "" {
		http.Error(w, why, http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func reachable(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// visits counts calls in the workload's database.
func visits(ctx context.Context, address string) (count int, err error) {
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName = "tcp", address, os.Getenv("MYSQL_DATABASE")
	c.User, c.Passwd = os.Getenv("MYSQL_USER"), os.Getenv("MYSQL_SECRET")
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return 0, err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	for _, statement := range []string{"CREATE TABLE IF NOT EXISTS visits (at BIGINT)", "INSERT INTO visits VALUES (1)"} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return 0, err
		}
	}
	return count, db.QueryRowContext(ctx, "SELECT COUNT(*) FROM visits").Scan(&count)
}
