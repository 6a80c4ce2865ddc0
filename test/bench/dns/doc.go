// Package dns measures DNS side by side with CoreDNS: each is a process of its own with the same
// zone and the same forwarder, asked by the same client over loopback.
//
// It owns the comparison. Where CoreDNS cannot be built it is left out, and said so.
package dns
