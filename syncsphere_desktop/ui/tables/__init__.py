"""The one table every list uses: columns, a paged model, a view that scrolls over any number of rows."""
