package linediff

import "slices"

// piecewise lists the pairs of lines that stay when texts are compared between their anchors.
func piecewise(a, b []string) [][2]int {
	anchors := anchorsOf(a, b)
	if len(anchors) == 0 {
		return nil
	}
	var pairs [][2]int
	from, to := 0, 0
	for _, anchor := range append(anchors, [2]int{len(a), len(b)}) {
		pairs = append(pairs, moved(stay(a[from:anchor[0]], b[to:anchor[1]]), from, to)...)
		if anchor[0] < len(a) {
			pairs = append(pairs, anchor)
		}
		from, to = anchor[0]+1, anchor[1]+1
	}
	return pairs
}

// anchorsOf are pairs of equal lines that stand once in each text, as many as are in the same order in both.
func anchorsOf(a, b []string) [][2]int {
	inB := once(b)
	var common [][2]int
	for line, at := range once(a) {
		if other, ok := inB[line]; ok {
			common = append(common, [2]int{at, other})
		}
	}
	slices.SortFunc(common, func(x, y [2]int) int { return x[0] - y[0] })
	return rising(common)
}

// once finds the lines that are not there twice.
func once(lines []string) map[string]int {
	const twice = -1
	found := map[string]int{}
	for i, line := range lines {
		if _, known := found[line]; known {
			i = twice
		}
		found[line] = i
	}
	for line, at := range found {
		if at == twice {
			delete(found, line)
		}
	}
	return found
}

// rising is the longest subsequence whose second numbers rise.
func rising(pairs [][2]int) [][2]int {
	var ends []int                    // by length - 1: the pair that ends the subsequence of that length whose end is lowest
	before := make([]int, len(pairs)) // the pair before each in its subsequence
	for i, pair := range pairs {
		length, _ := slices.BinarySearchFunc(ends, pair[1], func(end, second int) int { return pairs[end][1] - second })
		if length == len(ends) {
			ends = append(ends, i)
		} else {
			ends[length] = i
		}
		if before[i] = -1; length > 0 {
			before[i] = ends[length-1]
		}
	}
	var longest [][2]int
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			longest = append(longest, pairs[i])
		}
	}
	slices.Reverse(longest)
	return longest
}
