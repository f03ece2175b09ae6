package wire

import (
	"strings"
	"testing"
)

func TestCheckEntries(t *testing.T) {
	list := func(element string, times int) string {
		return "[" + strings.Repeat(element+",", times-1) + element + "]"
	}
	const many = MaxEntries + 1
	for name, test := range map[string]struct {
		text    string
		refused bool
	}{
		"nothing":                              {"", false},
		"as many empty objects as may be":      {list("{}", MaxEntries), false},
		"empty objects":                        {list("{}", many), true},
		"empty lists":                          {`{"a":` + list("[]", many) + `}`, true},
		"nulls":                                {list("null", many), true},
		"white space between them":             {list(" {} \n", many), true},
		"in several lists":                     {"[" + list(`{"a":1}`, many/2) + "," + list(`{"a":1}`, many/2) + "]", true},
		"one in another":                       {strings.Repeat(`[`, many+1) + strings.Repeat(" ", many) + strings.Repeat(`]`, many+1), true},
		"texts":                                {list(`"{}"`, many), false},
		"numbers":                              {list("100", many), false},
		"texts that look like elements":        {`{"a":"` + strings.Repeat(`[{},{\",{`, many) + `"}`, false},
		"empty objects behind texts":           {list(`"a,[\\\"",{}`, many), true},
		"objects that are members":             {`{` + strings.Repeat(`"a":{},`, many) + `"a":{}}`, false},
		"a text without end":                   {strings.Repeat(",[", many/4) + `"` + strings.Repeat(",[", many), false},
		"a text that ends in the middle of an": {strings.Repeat(",,[", many/3) + `"` + strings.Repeat(",[", many) + `\`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := CheckEntries([]byte(test.text)); (err != nil) != test.refused {
				t.Errorf("error %v, want refused: %t", err, test.refused)
			}
		})
	}
}

func TestCheckMetadata(t *testing.T) {
	many := "[" + strings.Repeat("{},", MaxEntries) + "{}]"
	for name, test := range map[string]struct {
		text    string
		refused bool
	}{
		"a spec of many":                   {`{"metadata":{"name":"x"},"spec":{"a":` + many + `}}`, false},
		"owners of many":                   {`{"metadata":{"ownerReferences":` + many + `},"spec":{}}`, true},
		"owners of many, the second":       {`{"metadata":{},"metadata":{"ownerReferences":` + many + `}}`, true},
		"an escaped name":                  {`{"meta\u0064ata":{"ownerReferences":` + many + `}}`, true},
		"what only the decoder can read":   {`{"metadata":{"ownerReferences":` + many + `},"x":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`, true},
		"what nobody can read, but counts": {`{"a":` + many, true},
		"something short":                  {`{"metadata":1}`, false},
	} {
		if err := CheckMetadata([]byte(test.text)); (err != nil) != test.refused {
			t.Errorf("%s: error %v, want refused: %t", name, err, test.refused)
		}
	}
}
