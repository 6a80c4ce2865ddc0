package leakscan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// logs is a text like those that are scanned: most lines have no keyword, some have.
func logs() string {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "2026-03-01T10:00:%02d.%03dZ module.db.azurerm_mysql_flexible_server.this: Still creating... [%ds elapsed]\n", i%60, i%1000, i)
		if i%40 == 0 {
			fmt.Fprintf(&b, "level=info msg=\"token is refreshed\" key=orders-%d auth=ok\n", i)
		}
	}
	return b.String() + planted()["stripe-access-token"] + "\n"
}

// BenchmarkScan tells how long a scan takes beside the one of gitleaks's own detector, over
// the same text with the same rules: the ratio is below 1 where this is quicker.
func BenchmarkScan(b *testing.B) {
	text, s, d := logs(), leakscan.New(), bare(b)
	if len(scan2(b, s, text)) != 1 || len(d.DetectString(text)) != 1 {
		b.Fatal("they are to find the one value")
	}
	b.SetBytes(int64(len(text)))
	var own, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		scan2(b, s, text)
		own += time.Since(start)
		start = time.Now()
		d.DetectString(text)
		theirs += time.Since(start)
	}
	b.ReportMetric(own.Seconds()/theirs.Seconds(), "x-of-gitleaks")
}

func scan2(b *testing.B, s *leakscan.Scanner, text string) []leakscan.Match {
	b.Helper()
	got, err := s.Scan(b.Context(), text, leakscan.Source{})
	if err != nil {
		b.Fatal(err)
	}
	return got.Matches
}

// BenchmarkOwn looks for 10,000 own values, beside a scan that knows none.
func BenchmarkOwn(b *testing.B) {
	key, _ := leakscan.NewKey(make([]byte, leakscan.KeySize))
	var all []leakscan.Owned
	for i := range 10000 {
		for _, e := range key.Entries(fmt.Sprintf("value-%d-Of-A-Secret", i*7919)) {
			all = append(all, leakscan.Owned{Entry: e, Of: "x"})
		}
	}
	index := leakscan.NewIndex(key).With(nil, all)
	text, s := logs(), leakscan.New()
	b.SetBytes(int64(len(text)))
	var with, without time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := s.Scan(b.Context(), text, leakscan.Source{Own: index}); err != nil {
			b.Fatal(err)
		}
		with += time.Since(start)
		start = time.Now()
		scan2(b, s, text)
		without += time.Since(start)
	}
	b.ReportMetric(with.Seconds()/without.Seconds(), "x-of-rules-alone")
}
