// Package rounds keeps loops that look after many things, each of which has its turn.
//
// It owns when such a loop looks: when it is rung for, when something is due next, and
// now and then in any case; the place of each thing in its interval; and how a schedule
// is brought in line with what there is. It knows neither what is looked after nor where
// a schedule is kept. That a loop which fails runs again is platform/supervise's.
package rounds
