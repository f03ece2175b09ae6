// Package linediff compares two texts line by line, for people who want to see what a command would change.
//
// The shortest list of changes is found with the algorithm of Myers (1986). It takes the square of the number of changes, in time and in
// memory. So texts that differ in more than maxEdits lines are cut where both have a line that neither has twice, as patience diff does, and
// compared piece by piece. Pieces without such a line are taken to differ throughout: a diff of that length is read by nobody.
package linediff

import "slices"

// Change says that the lines From of the first text became the lines To of the second; each counts from 0 and is half open. One
// of them may be empty.
type Change struct{ From, To Range }

// Range is the lines from Start up to, but not including, End.
type Range struct{ Start, End int }

// Empty says whether there is no line in r.
func (r Range) Empty() bool { return r.Start == r.End }

const maxEdits = 1000

// Changes lists what leads from the lines a to the lines b, in order. What is between the changes is equal.
func Changes(a, b []string) []Change {
	var changes []Change
	from, to := 0, 0
	for _, match := range append(stay(a, b), [2]int{len(a), len(b)}) {
		x, y := match[0], match[1]
		if x > from || y > to {
			changes = append(changes, Change{Range{from, x}, Range{to, y}})
		}
		from, to = x+1, y+1
	}
	return changes
}

// stay lists the pairs of lines that stay, in order.
func stay(a, b []string) [][2]int {
	var pairs [][2]int
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		pairs = append(pairs, [2]int{start, start})
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	innerA, innerB := a[start:endA], b[start:endB]
	inner, ok := matches(innerA, innerB)
	if !ok {
		inner = piecewise(innerA, innerB)
	}
	pairs = append(pairs, moved(inner, start, start)...)
	for ; endA < len(a); endA, endB = endA+1, endB+1 {
		pairs = append(pairs, [2]int{endA, endB})
	}
	return pairs
}

func moved(pairs [][2]int, a, b int) [][2]int {
	for i := range pairs {
		pairs[i][0] += a
		pairs[i][1] += b
	}
	return pairs
}

// matches lists the pairs of lines that stay; ok is false when there would be more than maxEdits changes.
func matches(a, b []string) (pairs [][2]int, ok bool) {
	limit := min(len(a)+len(b), maxEdits)
	middle := limit + 1
	reached := make([]int, 2*middle+1) // by diagonal: how far into a the path gets that is furthest
	var rounds [][]int                 // reached before each round, the part around the middle that the round may read
	for edits := 0; edits <= limit; edits++ {
		rounds = append(rounds, slices.Clone(reached[middle-edits-1:middle+edits+2]))
		for diagonal := -edits; diagonal <= edits; diagonal += 2 {
			at := middle + diagonal
			x := reached[at-1] + 1
			if diagonal == -edits || diagonal != edits && reached[at-1] < reached[at+1] {
				x = reached[at+1]
			}
			y := x - diagonal
			for x < len(a) && y < len(b) && a[x] == b[y] {
				x, y = x+1, y+1
			}
			reached[at] = x
			if x >= len(a) && y >= len(b) {
				return retrace(rounds, len(a), len(b)), true
			}
		}
	}
	return nil, false
}

// retrace walks the path that was found from its end to its beginning.
func retrace(rounds [][]int, x, y int) [][2]int {
	var pairs [][2]int
	for edits, reached := range slices.Backward(rounds) {
		diagonal, middle := x-y, edits+1
		before := diagonal - 1
		if diagonal == -edits || diagonal != edits && reached[middle+diagonal-1] < reached[middle+diagonal+1] {
			before = diagonal + 1
		}
		fromX := reached[middle+before]
		fromY := fromX - before
		for x > fromX && y > fromY && x > 0 && y > 0 {
			x, y = x-1, y-1
			pairs = append(pairs, [2]int{x, y})
		}
		x, y = fromX, fromY
	}
	slices.Reverse(pairs)
	return pairs
}
