// Package cache keeps what is read often: in the memory of the process, bounded
// by bytes, and in a Redis that replicas share. What is purged is purged on all
// of them, and what was being loaded meanwhile is not kept.
//
// A process has one Room: one bound of memory, one Redis, one set of metrics. Two
// kinds of users have caches in it. The gateway's CachePolicy keeps answers of services
// in a Cache for each policy, and purges by keys, tags and URLs. Rooms of the platform
// keep what they read of their own rows in Reads, and name the events that end it;
// nobody purges these by hand. Reads are below authorization: what they keep is the same
// for whoever may see it, of one tenant, and what is filtered by grants is filtered at
// each request. Grants, sessions, tokens and whatever decides are not kept in them, and
// neither is what a change is made from: it is read in the transaction that makes it.
//
// An event ends reads of the process that causes it once it is committed, before anybody
// is answered, and those of others when they hear of it: by Redis at once, and in any
// case by the log of events. While a process does not follow that log it keeps no reads.
// What Redis has of reads is fixed: its key has the digest of what it was made from.
//
// It does not know what it keeps: whoever does says how large a value is, how
// it is written, and when it is of no use any more. Without its Redis it goes on
// with memory alone.
package cache
