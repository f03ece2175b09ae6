package cluster

import (
	"reflect"
	"strings"
)

// joinText puts the texts of an object, to which pointer points, into one piece of memory. A decoder allocates every text by itself, a SidecarSet
// has dozens, and for as long as it is known the garbage collector visits each of them, again and again while pods are created.
//
// Texts in unexported fields, in interfaces and in bytes stay where they are.
func joinText(pointer any) {
	object := reflect.ValueOf(pointer)
	at := map[string]int{}
	var joined strings.Builder
	eachText(object, func(text string) string {
		if _, known := at[text]; !known {
			at[text] = joined.Len()
			joined.WriteString(text)
		}
		return text
	})
	all := strings.Clone(joined.String()) // without the room to grow
	eachText(object, func(text string) string { return all[at[text]:][:len(text)] })
}

// eachText replaces every text that can be reached.
func eachText(v reflect.Value, replace func(string) string) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() && v.Len() > 0 {
			v.SetString(replace(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			eachText(v.Elem(), replace)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachText(v.Field(i), replace)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			eachText(v.Index(i), replace)
		}
	case reflect.Map:
		eachTextOfMap(v, replace)
	}
}

// eachTextOfMap replaces keys and values. To set a key that is there already is no insertion, so the map may be changed while it is read.
func eachTextOfMap(m reflect.Value, replace func(string) string) {
	for entries := m.MapRange(); entries.Next(); {
		key, value := reflect.New(m.Type().Key()).Elem(), reflect.New(m.Type().Elem()).Elem()
		key.Set(entries.Key())
		value.Set(entries.Value())
		eachText(key, replace)
		eachText(value, replace)
		m.SetMapIndex(key, value)
	}
}
