import { offerCopies } from './copy.ts';
import { offerSearch } from './search_box.ts';
import { makeTabs } from './tabs.ts';
import { offerTheme } from './theme_choice.ts';

offerTheme();
offerSearch();
offerCopies();
makeTabs();
