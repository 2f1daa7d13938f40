/** How Lethe reads and writes JSON: one mapper for all rooms. It uses no other room. */
package lethe.json;
