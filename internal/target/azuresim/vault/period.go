package vault

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"regexp"
	"strconv"
	"time"
)

// periods reads ISO 8601 durations in years, months and days, which is what rotation policies have.
func periods() *regexp.Regexp { return regexp.MustCompile(`^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?$`) }

func period(text string) bool { return len(text) > 1 && periods().MatchString(text) }

func addPeriod(from time.Time, text string) time.Time {
	m := periods().FindStringSubmatch(text)
	if m == nil {
		return from
	}
	n := func(i int) int { v, _ := strconv.Atoi(m[i]); return v } // digits or nothing
	return from.AddDate(n(1), n(2), n(3))
}

// bits is the size of a public key.
func bits(public any, other int) int {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return key.Size() * 8
	case *ecdsa.PublicKey:
		return key.Params().BitSize
	}
	return other
}
